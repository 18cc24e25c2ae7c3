import Foundation

/// A running `director-simulator`. Gone with it.
final class SimulatedRing: Sendable {
    let directory: String
    private let process: Process

    /// Starts a simulator and waits until its sockets are there.
    init(directory: String, _ flags: [String]) throws {
        self.directory = directory
        process = Process()
        process.executableURL = URL(fileURLWithPath: Project.program("director-simulator"))
        process.arguments = flags + [directory]
        process.standardInput = FileHandle.nullDevice
        let ready = Pipe()
        process.standardOutput = ready
        try process.run()
        guard !ready.fileHandleForReading.availableData.isEmpty else {
            throw Command.Failure(description: "the simulator did not start in \(directory)")
        }
    }

    deinit {
        stop()
    }

    /// Ends it, and returns what it ended with.
    @discardableResult
    func stop() -> Int32 {
        process.terminate()
        process.waitUntilExit()
        return process.terminationStatus
    }

    func socket(_ member: Int) -> String { "\(directory)/\(member)/director-admin" }

    @discardableResult
    func order(_ words: String...) throws -> String {
        try Command.run(Project.program("director-simulator"), ["ctl", directory] + words)
    }
}
