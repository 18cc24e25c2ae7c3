// swift-tools-version: 6.2
import PackageDescription

// One set of settings for every target of our own: warnings are errors, so that CI and a
// developer's machine can't disagree about what is clean.
let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "dovecot-director-exporter",
    products: [
        .executable(name: "dovecot-director-exporter", targets: ["dovecot-director-exporter"]),
        .executable(
            name: "dovecot-director-exporter-tls", targets: ["dovecot-director-exporter-tls"]),
        .executable(name: "directorctl", targets: ["directorctl"]),
        .executable(name: "director-simulator", targets: ["DirectorSimulator"]),
        .library(name: "AdminProbe", targets: ["AdminProbe"]),
        .library(name: "DirectorRing", targets: ["DirectorRing"]),
        .library(name: "Exposition", targets: ["Exposition"]),
        .library(name: "DirectorExporter", targets: ["DirectorExporter"]),
    ],
    dependencies: [
        // Each dependency and its reason: docs/DEPENDENCIES.md.
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
    ],
    targets: [
        // System libraries. Nothing above them sees C but through one Swift seam each.
        .systemLibrary(
            name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // The kernel's socket diagnosis.
        .systemLibrary(name: "CInetDiag"),
        // The C library's option parser.
        .systemLibrary(name: "CGetopt"),
        // The kernel's readiness notification.
        .systemLibrary(name: "CEpoll"),
        // The allocator.
        .systemLibrary(name: "CMalloc"),

        // Libraries that are loaded only where a web configuration asks for them.
        .target(name: "CYAML", linkerSettings: [.linkedLibrary("dl")]),
        .target(name: "CCrypt", linkerSettings: [.linkedLibrary("dl")]),

        // Version, revision and compiler, handed in by the build command.
        .target(name: "CBuildInfo"),
        .target(
            name: "BuildInformation", dependencies: ["CBuildInfo"], swiftSettings: swiftSettings),

        // The admin protocol: bytes to rows, and one connection with deadlines.
        .target(name: "AdminProbe", swiftSettings: swiftSettings),
        // What the rows mean: order, neighbours, digests, differences as events. Values only.
        .target(name: "DirectorRing", dependencies: ["AdminProbe"], swiftSettings: swiftSettings),
        // The TCP state of the ring's links, by the kernel. Knows nothing of the protocol.
        .target(
            name: "LinkProbe", dependencies: ["AdminProbe", "CInetDiag"],
            swiftSettings: swiftSettings),
        // The Prometheus text formats. Knows neither Dovecot nor HTTP.
        .target(name: "Exposition", swiftSettings: swiftSettings),
        // Threads that may block, and what they leave for each other.
        .target(name: "Threads", dependencies: ["AdminProbe"], swiftSettings: swiftSettings),
        // Standard output and error.
        .target(name: "Console", swiftSettings: swiftSettings),
        // The seam over libsystemd: journal entries and service notifications.
        .target(name: "Systemd", dependencies: ["CSystemd"], swiftSettings: swiftSettings),

        // The web configuration file: text to a checked value. No I/O but what it is handed.
        .target(name: "WebConfiguration", dependencies: ["CYAML"], swiftSettings: swiftSettings),

        // The commands that change a ring, and users' hashes. The exporter must not link it.
        .target(
            name: "DirectorControl", dependencies: ["AdminProbe", "DirectorRing"],
            swiftSettings: swiftSettings),
        // What `doveadm director` does, and more.
        .executableTarget(
            name: "directorctl",
            dependencies: [
                "AdminProbe", "DirectorRing", "DirectorControl", "Threads", "Console",
                "BuildInformation", "CGetopt",
            ],
            swiftSettings: swiftSettings),

        // Rings of directors that don't exist, and what goes wrong with them. Values only.
        .target(
            name: "SimulatedDirector", dependencies: ["AdminProbe", "DirectorRing", "DirectorControl"],
            swiftSettings: swiftSettings),
        // Their admin sockets.
        .executableTarget(
            name: "DirectorSimulator",
            dependencies: [
                "AdminProbe", "SimulatedDirector", "Console", "BuildInformation", "CEpoll",
            ],
            swiftSettings: swiftSettings),

        // The exporter, and the program that runs it.
        .executableTarget(
            name: "dovecot-director-exporter", dependencies: ["DirectorExporter"],
            swiftSettings: swiftSettings),
        .target(
            name: "DirectorExporter",
            dependencies: [
                "AdminProbe", "DirectorRing", "Exposition", "LinkProbe", "Systemd", "Threads", "Console",
                "BuildInformation", "WebConfiguration", "CCrypt", "CMalloc", "CZlib",
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swiftSettings),
        // The same exporter with TLS. BoringSSL costs memory wherever it is linked, used or not.
        .executableTarget(
            name: "dovecot-director-exporter-tls",
            dependencies: ["DirectorExporter", "TransportSecurity"], swiftSettings: swiftSettings),
        .target(
            name: "TransportSecurity",
            dependencies: [
                "DirectorExporter", "WebConfiguration",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: swiftSettings),

        // What bytes from outside must not break: for libFuzzer, and for the tests' own replay.
        .target(
            name: "FuzzTargets",
            dependencies: [
                "AdminProbe", "DirectorRing", "Exposition", "DirectorExporter", "WebConfiguration",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            path: "Fuzzing/Targets", swiftSettings: swiftSettings),

        .testTarget(
            name: "ExporterTests",
            dependencies: [
                "FuzzTargets",
                "AdminProbe", "DirectorRing", "Exposition", "LinkProbe", "Systemd", "DirectorExporter",
                "DirectorControl", "directorctl", "WebConfiguration", "TransportSecurity", "SimulatedDirector",
                "DirectorSimulator", "BuildInformation",
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Logging", package: "swift-log"),
            ],
            resources: [.copy("Golden"), .copy("Recordings")],
            swiftSettings: swiftSettings),
        // Real directors, real sidecars, the real journal.
        .testTarget(
            name: "RingTests",
            dependencies: ["AdminProbe", "DirectorRing", "DirectorControl", "directorctl"],
            exclude: [
                "Differential/reading.txt", "Differential/changing.txt",
                "Differential/fake-director.py", "Harness/pseudo-terminal.py",
            ],
            swiftSettings: swiftSettings),
    ],
    swiftLanguageModes: [.v6]
)

// The fuzzer needs libFuzzer, which comes with a sanitizer: built by scripts/fuzz alone.
if Context.environment["DDE_FUZZ"] != nil {
    package.targets += [
        .systemLibrary(name: "CLibFuzzer", path: "Fuzzing/CLibFuzzer"),
        .executableTarget(
            name: "fuzz", dependencies: ["FuzzTargets", "Console", "CLibFuzzer"], path: "Fuzzing/Driver",
            swiftSettings: swiftSettings),
    ]
}
