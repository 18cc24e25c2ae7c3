import Foundation

/// A real systemd over a copy of this machine's files, booted by `lab/machine`.
final class Machine {
    private let directory: String
    private static let program = Project.root.appendingPathComponent("lab/machine").path

    /// Boots, and waits until all is started.
    init() throws {
        directory = "/tmp/dde-m\(UUID().uuidString.prefix(8))"
        try Machine.lab(["up", directory])
    }

    deinit { _ = try? Machine.lab(["down", directory]) }

    /// Runs a shell script in the machine as root, and returns what it printed.
    ///
    /// - Parameter arguments: `$1` and so on.
    @discardableResult
    func run(_ script: String, _ arguments: String...) throws -> String {
        try Machine.lab(
            ["run", directory, "timeout", "120", "sh", "-ec", script, "sh"] + arguments)
    }

    /// Runs a script that may fail, and returns its exit status.
    func status(_ script: String) -> Int {
        let text = try? run("set +e; (\(script)) >/dev/null 2>&1; echo $?")
        return Int((text ?? "").trimmingCharacters(in: .whitespacesAndNewlines)) ?? -1
    }

    /// Copies a file of this machine into the machine.
    func copy(_ file: String, to path: String) throws {
        try Command.run("cp", [file, root + path])
    }

    func write(_ text: String, to path: String) throws {
        let file = URL(fileURLWithPath: root + path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    /// Where the machine's files differ from this one's, directories and removals included.
    func changedPaths() throws -> Set<String> {
        Set(try Machine.lab(["changed", directory]).split(separator: "\n").map(String.init))
    }

    private lazy var root: String =
        ((try? Machine.lab(["root", directory])) ?? "/nonexistent")
        .trimmingCharacters(in: .whitespacesAndNewlines)

    /// With no signal blocked, as what runs in the machine needs it.
    @discardableResult
    private static func lab(_ arguments: [String]) throws -> String {
        let files = ["out", "err"].map { "/tmp/dde-\(UUID().uuidString).\($0)" }
        for file in files { try Data().write(to: URL(fileURLWithPath: file)) }
        defer { for file in files { unlink(file) } }
        let code = try Spawn.run(
            [program] + arguments, output: files[0], errors: files[1], directory: "/")
        let text = try files.map { try String(decoding: Data(contentsOf: URL(fileURLWithPath: $0)), as: UTF8.self) }
        guard code == 0 else {
            throw Command.Failure(
                description: "machine \(arguments.joined(separator: " ")) exited with \(code): "
                    + text[0].suffix(2000) + text[1].suffix(2000))
        }
        return text[0]
    }

    /// Whether machines can be booted here. Where they can't, that is said loudly.
    static let isUsable: Bool = {
        var reason: String?
        if geteuid() != 0 {
            reason = "for want of root"
        } else if (try? Command.run("sh", ["-c", "command -v systemd-nspawn"])) == nil {
            reason = "for want of systemd-nspawn (package systemd-container)"
        } else {
            do { _ = try Machine() } catch { reason = "no systemd boots here: \(error)" }
        }
        guard let reason else { return true }
        print(
            """
            ==================================================================
            NOT TESTED: the package under a real systemd: \(reason)
            ==================================================================
            """)
        return false
    }()
}

/// The Debian package that `scripts/package` built.
enum DebianPackage {
    static let name = "dovecot-director-exporter"

    /// The newest one, or what `PACKAGE` names; nil where there is none that fits the sources.
    static let file: String? = {
        if let named = ProcessInfo.processInfo.environment["PACKAGE"] { return named }
        let directory = Project.root.appendingPathComponent("build/package")
        let files =
            (try? FileManager.default.contentsOfDirectory(
                at: directory, includingPropertiesForKeys: [.contentModificationDateKey])) ?? []
        let newest = files.filter {
            $0.lastPathComponent.hasPrefix(name + "_") && $0.pathExtension == "deb"
        }.max { modified($0) < modified($1) }
        var reason = "there is none"
        if let newest {
            let sources = [
                "Sources", "packaging", "debian", "man", "docs", "dashboards", "alerts.yml",
                "examples", "Package.swift",
            ]
            guard let newer = sources.lazy.compactMap({ file(in: $0, newerThan: modified(newest)) }).first
            else { return newest.path }
            reason = "\(newest.lastPathComponent) is older than \(newer)"
        }
        print(
            """
            ==================================================================
            NOT TESTED: the Debian package: \(reason). scripts/package builds it.
            ==================================================================
            """)
        return nil
    }()

    private static func modified(_ file: URL) -> Date {
        (try? file.resourceValues(forKeys: [.contentModificationDateKey]))?.contentModificationDate
            ?? .distantPast
    }

    private static func file(in path: String, newerThan date: Date) -> String? {
        let start = Project.root.appendingPathComponent(path)
        let files =
            [start]
            + ((FileManager.default.enumerator(at: start, includingPropertiesForKeys: nil)?
                .compactMap { $0 as? URL }) ?? [])
        return files.first { file in
            let values = try? file.resourceValues(forKeys: [.isDirectoryKey])
            return values?.isDirectory != true && modified(file) > date
        }?.path
    }
}
