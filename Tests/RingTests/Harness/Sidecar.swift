import Foundation

/// The exporter as a process of its own.
final class Sidecar: @unchecked Sendable {
    private let socket: String
    private let wantedPort: Int
    private let host: String
    /// Its state directory.
    let state: String
    private let arguments: [String]
    private let environment: [String: String]
    private let wrapper: [String]
    private var process: Child?
    let log: String

    /// - Parameters:
    ///   - host: the address to serve HTTP on.
    ///   - port: where to serve HTTP; 0 for any, another one after each start.
    ///   - wrapper: a command that runs it, like `unshare -m`.
    ///   - prepare: is handed the state directory before the start.
    init(
        socket: String, _ arguments: [String] = [], host: String = "127.0.0.1", port: Int = 0,
        environment: [String: String] = [:], wrapper: [String] = [],
        prepare: (String) throws -> Void = { _ in }
    ) throws {
        wantedPort = port
        self.host = host
        self.socket = socket
        self.arguments = arguments
        self.environment = environment
        self.wrapper = wrapper
        state = "/tmp/dde-s\(UUID().uuidString.prefix(13))"
        log = state + ".log"
        try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
        try prepare(state)
        try start()
    }

    deinit {
        process?.send(SIGKILL)
        process?.wait()
        try? FileManager.default.removeItem(atPath: state)
        try? FileManager.default.removeItem(atPath: log)
    }

    /// Where it serves HTTP: the kernel chose the port, and the log tells it. 0 before that.
    var port: Int {
        guard let text = try? String(contentsOfFile: log, encoding: .utf8),
            let line = text.matches(of: /serving HTTP" address=[0-9.]+:(\d+)/).last
        else { return 0 }
        return Int(line.1) ?? 0
    }

    func start() throws {
        // A new port each time: the lines of an earlier start must not be mistaken for this one's.
        try Data().write(to: URL(fileURLWithPath: log))
        process = try Child(
            wrapper + [
                Project.exporter, "--director.socket=\(socket)", "--state.directory=\(state)",
                "--web.listen-address=\(host):\(wantedPort)", "--log.format=logfmt",
            ] + arguments, environment: environment, errors: log)
    }

    func kill9() {
        process?.send(SIGKILL)
        process?.wait()
    }

    /// SIGTERM. Returns the exit code.
    func stop() -> Int32 {
        process?.send(SIGTERM)
        return process?.wait() ?? -1
    }

    var processIdentifier: Int32 { process?.identifier ?? -1 }

    func send(_ signal: Int32) { process?.send(signal) }

    /// The page of metrics; empty where nobody answers.
    func scrape(_ path: String = "/metrics") -> Metrics {
        let text = try? Command.run(
            "curl", ["-sS", "--max-time", "5", "http://\(host):\(port)\(path)"])
        return Metrics(text ?? "")
    }
}

/// A page of metrics, by series as it is written there.
struct Metrics {
    let text: String
    private let values: [Substring: Double]

    init(_ text: String) {
        self.text = text
        var values: [Substring: Double] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let blank = line.lastIndex(of: " ") else { continue }
            values[line[..<blank]] = Double(line[line.index(after: blank)...])
        }
        self.values = values
    }

    /// The value of a series without the common prefix, like `ring_synced`.
    subscript(series: String) -> Double? { values["dovecot_director_\(series)"] }

    /// How many series a family has.
    func count(_ family: String) -> Int {
        values.keys.count { $0.prefix { $0 != "{" } == "dovecot_director_\(family)" }
    }

    /// Whether the director is linked to the neighbours that the order demands.
    var isWhole: Bool {
        self["up"] == 1 && self["ring_synced"] == 1 && self["ring_isolated"] == 0
            && !values.contains {
                $0.key.hasPrefix("dovecot_director_ring_expected_neighbor_linked") && $0.value != 1
            }
    }

    func neighbor(_ member: String, _ side: String) -> Double? {
        self["ring_neighbor{director=\"\(member)\",side=\"\(side)\"}"]
    }
}
