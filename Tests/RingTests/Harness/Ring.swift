import Foundation

/// A real ring of Dovecot directors on loopback, built by `lab/ring`.
final class Ring: Sendable {
    let directory: String
    let net: Int
    let size: Int

    /// Builds a ring and waits until it is whole.
    ///
    /// - Parameter net: the third byte of its addresses, its own among all that run at a time.
    init(net: Int, members: Int, standalone: Bool = false, backends: Int = 6) throws {
        self.net = net
        size = members
        directory = "/tmp/dde-t\(net)"
        try lab("down", [directory])
        try lab(
            "up",
            [directory, "--net", "\(net)", "--backends", "\(backends)"]
                + (standalone ? ["--standalone"] : ["--members", "\(members)"]))
    }

    deinit {
        _ = try? lab("down", [directory])
    }

    @discardableResult
    private func lab(_ command: String, _ arguments: [String]) throws -> String {
        try Command.run(
            Project.root.appendingPathComponent("lab/ring").path, [command] + arguments)
    }

    /// Runs a command of `lab/ring` on this ring.
    @discardableResult
    func run(_ command: String, _ arguments: String...) throws -> String {
        try run(command, arguments)
    }

    @discardableResult
    func run(_ command: String, _ arguments: [String]) throws -> String {
        try lab(command, [directory] + arguments)
    }

    /// Runs a command of `lab/ring` for every member at the same time.
    func runForAll(_ command: String) throws {
        let ring = Project.root.appendingPathComponent("lab/ring").path
        // bash and not sh: dash waits for a signal that is blocked in what a test starts.
        try Command.run(
            "bash",
            [
                "-c", "for member in $(seq \(size)); do '\(ring)' \(command) '\(directory)' $member & done; wait",
            ])
    }

    @discardableResult
    func doveadm(_ member: Int, _ arguments: String...) throws -> String {
        try lab("doveadm", [directory, "\(member)"] + arguments)
    }

    /// Says commands to member 1's admin socket, one at a time, and returns the line that each is
    /// answered with.
    func ask(_ commands: [String]) throws -> [String] {
        let output = try Command.run(
            "python3",
            [
                "-c",
                """
                import socket, sys
                director = socket.socket(socket.AF_UNIX)
                director.connect(sys.argv[1])
                stream = director.makefile("rw", newline="\\n")
                stream.readline()
                stream.write("VERSION\\tdirector-doveadm\\t1\\t0\\n")
                for command in sys.argv[2:]:
                    stream.write(command + "\\n")
                    stream.flush()
                    sys.stdout.write(stream.readline())
                """, socket(1),
            ] + commands)
        return output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            .map(String.init)
    }

    /// One update a second around the ring, until the process is ended.
    func startTraffic() throws -> Process {
        let process = Process()
        process.executableURL = Project.root.appendingPathComponent("lab/ring")
        process.arguments = ["traffic", directory, "1"]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    func member(_ number: Int) -> String { "127.0.\(net).\(number):9090" }

    func backend(_ number: Int) -> String { "127.1.\(net).\(number)" }

    func socket(_ number: Int) throws -> String {
        try run("socket", "\(number)").trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
