import Foundation

/// Runs the same piece of bash with doveadm and with directorctl, and compares what they print.
struct Contest: Sendable {
    /// What a run printed and how it ended.
    struct Result: Equatable {
        var output: Data
        var errors: Data
        var status: Int32

        /// It was killed, since it didn't end.
        var hung: Bool { status == 128 + SIGKILL }

        var description: String {
            "status \(status)\nstdout: \(String(decoding: output, as: UTF8.self).debugDescription)\n"
                + "stderr: \(String(decoding: errors, as: UTF8.self).debugDescription)"
        }
    }

    enum Contestant: Sendable {
        case doveadm
        case directorctl
    }

    let ring: Ring
    let files: TestFiles
    let socket: String

    /// - Parameter socket: nil for member 1's.
    init(ring: Ring, files: TestFiles, socket: String? = nil) throws {
        self.ring = ring
        self.files = files
        self.socket = try socket ?? ring.socket(1)
        // The ring's own configuration, with the usual time before messages.
        let configuration = try String(contentsOfFile: "\(ring.directory)/m1/dovecot.conf", encoding: .utf8)
        try files.write(
            "dovecot.conf",
            configuration.split(separator: "\n").filter { !$0.hasPrefix("log_timestamp") }
                .joined(separator: "\n") + "\n")
    }

    /// Runs a line of a table.
    func run(_ line: String, by contestant: Contestant) throws -> Result {
        let program =
            switch contestant {
            // The ring's own configuration, but where the line is about there being none.
            case .doveadm:
                line.contains("-a") && !line.contains("su nobody")
                    ? "doveadm -c \(files.directory)/dovecot.conf" : "doveadm"
            case .directorctl: Project.program("directorctl")
            }
        let script = """
            P='\(program)'
            S='\(socket)'
            F='\(files.sockets)'
            T='\(files.directory)'
            B='127.1.\(ring.net).'
            R='127.0.\(ring.net).'
            U1='test'
            \(line)
            """
        // A name with two addresses, for these runs alone.
        let isolated = "mount --bind '\(files.directory)/hosts' /etc/hosts && exec bash -c \"$0\""
        let arguments =
            line.contains("two-addresses")
            ? ["unshare", "-m", "bash", "-c", isolated, script] : ["bash", "-c", script]
        let output = files.temporaryFile()
        let errors = files.temporaryFile()
        defer {
            try? FileManager.default.removeItem(at: output)
            try? FileManager.default.removeItem(at: errors)
        }
        let status = try Spawn.run(
            arguments, output: output.path, errors: errors.path, directory: files.directory, within: 30)
        return Result(
            output: normalized(try Data(contentsOf: output)),
            errors: normalized(try Data(contentsOf: errors)), status: status)
    }

    /// The programs' own names, debugging and times of messages apart.
    private func normalized(_ data: Data) -> Data {
        // Latin 1 keeps every byte.
        var text = String(data: data, encoding: .isoLatin1) ?? ""
        text = text.replacing("doveadm director ", with: "directorctl director ")
            .replacing("doveadm: ", with: "directorctl: ")
            .replacing("usage: doveadm ", with: "usage: directorctl ")
            .replacing(Project.program("directorctl") + ": ", with: "directorctl: ")
        text = text.split(separator: "\n", omittingEmptySubsequences: false)
            .filter { !$0.contains("Debug: ") }.joined(separator: "\n")
            .replacingOccurrences(
                of: "(?m)^[A-Z][a-z]{2} \\d\\d \\d\\d:\\d\\d:\\d\\d ", with: "TIME ", options: .regularExpression)
        return text.data(using: .isoLatin1) ?? Data()
    }
}

/// Files and sockets for a contest. Gone with it.
final class TestFiles: Sendable {
    let directory: String
    var sockets: String { directory + "/fake" }
    private let fakes: Process
    private let input = Pipe()

    init(name: String) throws {
        directory = "/tmp/dde-\(name)"
        try? FileManager.default.removeItem(atPath: directory)
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o755])
        fakes = Process()
        fakes.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        fakes.arguments = [
            "python3", Project.root.appendingPathComponent("Tests/RingTests/Differential/fake-director.py").path,
            sockets,
        ]
        fakes.standardInput = input
        let ready = Pipe()
        fakes.standardOutput = ready
        fakes.standardError = FileHandle.nullDevice
        try fakes.run()
        _ = ready.fileHandleForReading.availableData
        let names = ["test", "user@example.com", "bar", "Bar", "grüße@example.com", ""]
        // Two pairs of names that share a hash.
        let pairs = ["u9552@example.com", "u43910@example.com", "u63959@example.com", "u64896@example.com"]
        try write("users", (names + pairs + ["test"]).joined(separator: "\n") + "\n")
        try write("two-users", "one\ntwo\n")
        try write("odd-users", "test\r\nbar\u{0}hidden\nuser@example.com\n\r\nwithout-end")
        try write("long-line", "test\n" + String(repeating: "x", count: 8192) + "\nbar\n")
        try write("almost-long-line", "test\n" + String(repeating: "x", count: 8191) + "\nbar\n")
        let hosts = try String(contentsOfFile: "/etc/hosts", encoding: .utf8)
        try write("hosts", hosts + "\n127.1.9.1 two-addresses.test\n127.1.9.7 two-addresses.test\n")
        // A socket that nobody listens on any more.
        try Command.run(
            "python3",
            [
                "-c", "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])",
                directory + "/closed-socket",
            ])
    }

    deinit {
        fakes.terminate()
        try? FileManager.default.removeItem(atPath: directory)
    }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: directory + "/" + name))
    }

    func temporaryFile() -> URL {
        let path = directory + "/" + UUID().uuidString
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        return URL(fileURLWithPath: path)
    }
}
