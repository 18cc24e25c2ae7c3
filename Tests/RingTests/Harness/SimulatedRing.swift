import Foundation

/// A running `director-simulator`. Gone with it.
final class SimulatedRing: Sendable {
    let directory: String
    private let output: String
    private let process: Child

    /// Starts a simulator and waits until its sockets are there.
    init(directory: String, _ flags: [String]) throws {
        self.directory = directory
        output = directory + ".out"
        try Data().write(to: URL(fileURLWithPath: output))
        process = try Child(
            [Project.program("director-simulator")] + flags + [directory], output: output,
            errors: output)
        // It says where its sockets are once they are there.
        while try Data(contentsOf: URL(fileURLWithPath: output)).isEmpty {
            guard process.isRunning else {
                throw Command.Failure(description: "the simulator did not start in \(directory)")
            }
            usleep(5000)
        }
    }

    deinit {
        stop()
    }

    /// Ends it, and returns what it ended with.
    @discardableResult
    func stop() -> Int32 {
        process.send(SIGTERM)
        defer { unlink(output) }
        return process.wait(within: 20)
    }

    func socket(_ member: Int) -> String { "\(directory)/\(member)/director-admin" }

    @discardableResult
    func order(_ words: String...) throws -> String {
        try Command.run(Project.program("director-simulator"), ["ctl", directory] + words)
    }
}
