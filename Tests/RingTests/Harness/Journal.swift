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
    private let holder: Child
    /// A command before another one makes that one see this journal.
    let prefix: [String]

    init() throws {
        holder = try Child([
            "unshare", "-m", "sh", "-c",
            """
            mkdir -p /run/systemd /run/log /run/dde-journald
            for directory in /run/systemd /run/log /run/dde-journald; do
                mount -t tmpfs none $directory || exit 1
            done
            exec sleep 3600
            """,
        ])
        prefix = ["nsenter", "-t", "\(holder.identifier)", "-m", "--"]
        // The namespace is ready once its own journal can be started in it.
        var tries = 0
        while true {
            do {
                try Command.run("sh", ["-c", "grep -q 'none /run/dde-journald' /proc/\(holder.identifier)/mounts"])
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
        holder.send(SIGKILL)
        holder.wait()
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
