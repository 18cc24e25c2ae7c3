import Foundation
import Testing

/// `scripts/soak`: everything at once for a while, with a verdict.
@Suite(.enabled(if: Lab.isUsable && Stage.isUsable)) struct SoakTests {
    private func soak(_ arguments: [String]) async throws -> (code: Int32, said: String) {
        let output = "/tmp/dde-o\(UUID().uuidString.prefix(13))"
        try Data().write(to: URL(fileURLWithPath: output))
        defer { try? FileManager.default.removeItem(atPath: output) }
        let programs = URL(fileURLWithPath: Project.program("director-simulator"))
            .deletingLastPathComponent().path
        let command =
            [
                Project.root.appendingPathComponent("scripts/soak").path, "--programs", programs,
                "--exporter", Project.exporter,
            ] + arguments
        let code = try await onThread {
            try Spawn.run(command, output: output, errors: output, directory: "/")
        }
        return (code, try String(contentsOfFile: output, encoding: .utf8))
    }

    @Test func nothingIsLostAndNothingLies() async throws {
        let arguments =
            Lab.runsEverything
            ? ["--minutes", "6", "--members", "5"] : ["--minutes", "0.6", "--members", "3", "--seed", "1"]
        let (code, said) = try await soak(arguments)
        #expect(code == 0, "\(said)")
        #expect(said.contains("PASSED"))
    }

    /// The soak notices when one event is missing, told twice or false.
    @Test(
        .enabled(if: Lab.runsEverything), .serialized,
        arguments: ["lost", "doubled", "repeated", "false"])
    func verdictNotices(_ harm: String) async throws {
        let (code, said) = try await soak([
            "--minutes", "0.4", "--members", "3", "--seed", "3", "--spoil", harm,
        ])
        #expect(code == 1, "\(said)")
        #expect(said.contains("FAILED"))
    }
}
