import Foundation
import Testing

/// The machine's journal, started by hand where no systemd runs.
enum Journal {
    struct Entry: Sendable {
        let fields: [String: String]

        subscript(field: String) -> String? { fields[field] }

        var event: String { fields["DIRECTOR_EVENT"] ?? "" }

        /// `kind member side backend`, as far as there is any.
        var text: String {
            ([event] + ["DIRECTOR_MEMBER", "DIRECTOR_SIDE", "DIRECTOR_BACKEND"].compactMap {
                fields[$0]
            }).joined(separator: " ")
        }
    }

    static func control(_ command: String) throws {
        try Command.run(
            "python3",
            [Project.root.appendingPathComponent("lab/journald-holder.py").path, command])
    }

    /// A point in the journal; entries are asked for from there on.
    static func now() throws -> Date { Date() }

    /// The events of one director since then, in the order in which they were written; an event
    /// that was repeated counts once.
    ///
    /// - Parameter prefix: a command that runs journalctl elsewhere.
    static func events(
        of director: String, since: Date, through prefix: [String] = []
    ) throws -> [Entry] {
        let command = prefix + ["journalctl"]
        let text = try Command.run(
            command[0],
            command.dropFirst() + [
                "-o", "json", "--no-pager", "-q", "--all",
                "--since=@\(Int(since.timeIntervalSince1970) - 1)",
                "SYSLOG_IDENTIFIER=dovecot-director-exporter", "DIRECTOR_SELF=\(director)",
            ])
        var seen: Set<String> = []
        return try text.split(separator: "\n").compactMap { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            let entry = Entry(fields: (object ?? [:]).compactMapValues { $0 as? String })
            guard let time = entry["DIRECTOR_OBSERVED_AT"].flatMap({ Double($0) }),
                time >= since.timeIntervalSince1970,
                let id = entry["DIRECTOR_EVENT_ID"], seen.insert(id).inserted
            else { return nil }
            return entry
        }
    }
}

/// A journal of its own, in a mount namespace of its own: it can be stopped without taking the
/// other tests' journal away.
final class PrivateJournal {
    private let holder = Process()
    /// A command before another one makes that one see this journal.
    let prefix: [String]

    init() throws {
        holder.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
        holder.arguments = [
            "-m", "sh", "-c",
            """
            mkdir -p /run/systemd /run/log /run/dde-journald
            for directory in /run/systemd /run/log /run/dde-journald; do
                mount -t tmpfs none $directory || exit 1
            done
            exec sleep 3600
            """,
        ]
        holder.standardInput = FileHandle.nullDevice
        try holder.run()
        prefix = ["nsenter", "-t", "\(holder.processIdentifier)", "-m", "--"]
        // The namespace is ready once its own journal can be started in it.
        var tries = 0
        while true {
            do {
                try Command.run("sh", ["-c", "grep -q 'none /run/dde-journald' /proc/\(holder.processIdentifier)/mounts"])
                break
            } catch {
                tries += 1
                if tries > 100 { throw error }
                usleep(50_000)
            }
        }
        try control("start")
    }

    deinit {
        try? control("stop")
        kill(holder.processIdentifier, SIGKILL)
        holder.waitUntilExit()
    }

    func control(_ command: String) throws {
        try Command.run(
            prefix[0],
            Array(prefix.dropFirst()) + [
                "python3", Project.root.appendingPathComponent("lab/journald-holder.py").path,
                command,
            ])
    }

    func events(of director: String, since: Date) throws -> [Journal.Entry] {
        try Journal.events(of: director, since: since, through: prefix)
    }
}

/// Whether rings can be built here. Where they can't, that is said loudly.
enum Lab {
    /// Every row of every table, and not one case of each kind.
    static let runsEverything = ProcessInfo.processInfo.environment["FULL_TESTS"] == "1"

    /// Whether there is what tests of the exporter alone need, without a ring.
    static let hasTools: Bool = {
        let missing = ["curl", "openssl", "python3", "systemd-socket-activate"].filter {
            (try? Command.run("sh", ["-c", "command -v \($0)"])) == nil
        }
        if !missing.isEmpty {
            print(
                """
                ==================================================================
                NOT TESTED: TLS, users, listeners and reloading, for want of
                \(missing.joined(separator: ", "))
                ==================================================================
                """)
        }
        return missing.isEmpty
    }()

    static let isUsable: Bool = {
        var missing: [String] = []
        if geteuid() != 0 { missing.append("root") }
        for (tool, package) in [
            ("dovecot", "dovecot-core"), ("iptables", "iptables"), ("journalctl", "systemd"),
            ("curl", "curl"), ("python3", "python3"),
        ] where (try? Command.run("sh", ["-c", "command -v \(tool)"])) == nil {
            missing.append("\(tool) (package \(package))")
        }
        guard missing.isEmpty else {
            print(
                """
                ==================================================================
                NOT TESTED: the tests on real rings were left out, for want of
                \(missing.joined(separator: ", "))
                ==================================================================
                """)
            return false
        }
        do {
            try Journal.control("start")
            return true
        } catch {
            print("NOT TESTED: no journal can be started here: \(error)")
            return false
        }
    }()
}
