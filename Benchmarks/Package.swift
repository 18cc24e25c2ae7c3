// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that whoever builds the exporter needs nothing of this.
let package = Package(
    name: "Benchmarks",
    dependencies: [
        .package(name: "dovecot-director-exporter", path: ".."),
        // Without the interposers that count allocations: they come from packages of their own,
        // and slow down what they count.
        .package(url: "https://github.com/ordo-one/benchmark.git", from: "1.38.1", traits: []),
    ],
    targets: [
        .executableTarget(
            name: "Exporter",
            dependencies: [
                .product(name: "AdminProbe", package: "dovecot-director-exporter"),
                .product(name: "DirectorRing", package: "dovecot-director-exporter"),
                .product(name: "DirectorExporter", package: "dovecot-director-exporter"),
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/Exporter",
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .treatAllWarnings(as: .error),
            ],
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
    ],
    swiftLanguageModes: [.v6]
)
