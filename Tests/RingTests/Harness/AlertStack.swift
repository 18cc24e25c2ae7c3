import Foundation
import Testing

/// A real Prometheus with the project's rules, a real Alertmanager, and somebody who gets the pages.
final class AlertStack: Sendable {
    /// Something that arrived at the receiver.
    struct Page: Sendable {
        var name: String
        var job: String
        var severity: String
        var isResolved: Bool
        var received: Date
        var description: String
    }

    private let directory: String
    private let processes: [Process]
    /// Where the sidecar serves that Prometheus asks for the members of its ring.
    static let discoveryHost = "127.0.56.1"

    private static let prometheusPort = 22_001
    private static let alertmanagerPort = 22_002
    private static let receiverPort = 22_003

    /// One for all cases: they differ by job.
    static let shared: Result<AlertStack, any Error> = Result { try AlertStack() }

    private init() throws {
        directory = "/tmp/dde-alerts"
        _ = try? Command.run("pkill", ["-KILL", "-f", directory])
        try? FileManager.default.removeItem(atPath: directory)
        try FileManager.default.createDirectory(
            atPath: directory + "/targets", withIntermediateDirectories: true)
        try """
            global: {scrape_interval: 5s, scrape_timeout: 4s, evaluation_interval: 5s}
            rule_files: ["\(Project.root.path)/alerts.yml"]
            alerting:
              alertmanagers:
                - static_configs: [{targets: ["127.0.0.1:\(Self.alertmanagerPort)"]}]
            scrape_configs:
              - job_name: directors
                file_sd_configs: [{files: ["\(directory)/targets/*.json"], refresh_interval: 5s}]
              - job_name: discovered
                http_sd_configs: [{url: "http://\(Self.discoveryHost):10027/sd", refresh_interval: 5s}]
            """.write(toFile: directory + "/prometheus.yml", atomically: true, encoding: .utf8)
        // The example's routes and inhibitions, with a receiver that listens.
        let example = try String(
            contentsOf: Project.root.appendingPathComponent("alertmanager.yml"), encoding: .utf8)
        let config = example.replacing(
            /(?m)^(\s*-?\s*url:\s*)\S+$/
        ) { "\($0.1)http://127.0.0.1:\(Self.receiverPort)/" }
        try config.write(
            toFile: directory + "/alertmanager.yml", atomically: true, encoding: .utf8)

        let directory = directory
        func start(_ name: String, _ arguments: [String]) throws -> Process {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = arguments
            let log = "\(directory)/\(name).log"
            try Data().write(to: URL(fileURLWithPath: log))
            process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
            process.standardError = process.standardOutput
            process.standardInput = FileHandle.nullDevice
            try process.run()
            return process
        }
        processes = [
            try start(
                "receiver",
                [
                    "python3", Project.root.appendingPathComponent("lab/webhook-receiver.py").path,
                    "\(Self.receiverPort)", directory + "/pages",
                ]),
            try start(
                "alertmanager",
                [
                    "prometheus-alertmanager", "--config.file=\(directory)/alertmanager.yml",
                    "--web.listen-address=127.0.0.1:\(Self.alertmanagerPort)",
                    "--storage.path=\(directory)/alertmanager", "--cluster.listen-address=",
                ]),
            try start(
                "prometheus",
                [
                    "prometheus", "--config.file=\(directory)/prometheus.yml",
                    "--web.listen-address=127.0.0.1:\(Self.prometheusPort)",
                    "--storage.tsdb.path=\(directory)/prometheus",
                ]),
        ]
        for port in [Self.prometheusPort, Self.alertmanagerPort] {
            var tries = 0
            while (try? Command.run("curl", ["-fsS", "http://127.0.0.1:\(port)/-/ready"])) == nil {
                tries += 1
                guard tries < 100 else {
                    throw Command.Failure(description: "port \(port) isn't served; see \(directory)")
                }
                usleep(100_000)
            }
        }
        atexit { _ = try? Command.run("pkill", ["-KILL", "-f", "/tmp/dde-alerts"]) }
    }

    /// Has exporters scraped as a job of their own.
    func watch(job: String, ports: [Int]) throws {
        let groups: [[String: Any]] = [
            ["targets": ports.map { "127.0.0.1:\($0)" }, "labels": ["job": job]]
        ]
        try JSONSerialization.data(withJSONObject: groups)
            .write(to: URL(fileURLWithPath: "\(directory)/targets/\(job).json"))
    }

    func forget(job: String) {
        try? FileManager.default.removeItem(atPath: "\(directory)/targets/\(job).json")
    }

    /// Whether all exporters of a job have been scraped.
    func sees(job: String, exporters: Int) throws -> Bool {
        try query("sum(dovecot_director_up{job=\"\(job)\"})").contains("\"\(exporters)\"]")
    }

    /// What Prometheus answers to a query, as JSON.
    func query(_ expression: String) throws -> String {
        try Command.run(
            "curl",
            [
                "-sS", "--data-urlencode", "query=\(expression)",
                "http://127.0.0.1:\(Self.prometheusPort)/api/v1/query",
            ])
    }

    /// What has arrived for a job, in order.
    func pages(job: String) -> [Page] {
        let text = (try? String(contentsOfFile: directory + "/pages", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            guard
                let object = try? JSONSerialization.jsonObject(with: Data(line.utf8))
                    as? [String: Any],
                let labels = object["labels"] as? [String: String], labels["job"] == job,
                let received = object["receivedAt"] as? Double
            else { return nil }
            return Page(
                name: labels["alertname"] ?? "", job: job, severity: labels["severity"] ?? "",
                isResolved: object["status"] as? String == "resolved",
                received: Date(timeIntervalSince1970: received),
                description: (object["annotations"] as? [String: String])?["description"] ?? "")
        }
    }
}
