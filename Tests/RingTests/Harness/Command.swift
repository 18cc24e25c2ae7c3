import Foundation

/// The project's files and programs, wherever it was checked out and built.
enum Project {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The exporter that was built with these tests, or the one that `EXPORTER` names.
    static var exporter: String {
        ProcessInfo.processInfo.environment["EXPORTER"] ?? program("dovecot-director-exporter")
    }

    /// A program that was built with these tests.
    static func program(_ name: String) -> String {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let candidates = [
            URL(fileURLWithPath: tests).deletingLastPathComponent(),
            URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent(),
            root.appendingPathComponent(".build/debug"),
        ].map { $0.appendingPathComponent(name).path }
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? candidates[2]
    }
}

/// A program that is run to its end.
enum Command {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// Runs a program and returns what it printed.
    @discardableResult
    static func run(_ program: String, _ arguments: [String]) throws -> String {
        // Files and not pipes: what a daemon inherits must not keep the test waiting.
        let files = ["out", "err"].map {
            FileManager.default.temporaryDirectory
                .appendingPathComponent("dde-\(UUID().uuidString).\($0)")
        }
        for file in files { try Data().write(to: file) }
        defer { for file in files { try? FileManager.default.removeItem(at: file) } }
        let status = try Child(
            [program] + arguments, output: files[0].path, errors: files[1].path
        ).wait()
        guard status == 0 else {
            let said = (try? String(contentsOf: files[1], encoding: .utf8)) ?? ""
            throw Failure(
                description: "\(program) \(arguments.joined(separator: " ")) exited with "
                    + "\(status): \(said)")
        }
        let data = try Data(contentsOf: files[0])
        return String(decoding: data, as: UTF8.self)
    }
}

/// Waits for a state, never for a time.
func eventually(
    within limit: Duration, every step: Duration = .milliseconds(200),
    _ condition: () throws -> Bool
) async throws -> Bool {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    while true {
        if try condition() { return true }
        if clock.now >= deadline { return false }
        try await Task.sleep(for: step)
    }
}
