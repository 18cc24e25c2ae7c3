import Foundation
import Testing

/// A machine, and what happens to it.
extension PackageTests {
    /// A machine with Dovecot as Debian configures it, but for TLS, which needs a certificate.
    func machineWithDovecot() throws -> Machine {
        let machine = try Machine()
        try machine.write("ssl = no\n", to: "/etc/dovecot/conf.d/10-ssl.conf")
        try machine.run("systemctl start dovecot")
        return machine
    }

    func install(_ machine: Machine, _ file: String? = nil) throws {
        let package = try #require(file ?? DebianPackage.file)
        try machine.copy(package, to: "/root/package.deb")
        try machine.run("apt-get install -y -q --allow-downgrades /root/package.deb; rm /root/package.deb")
    }

    /// What the documentation tells the administrator to do.
    func openSocket(_ machine: Machine) throws {
        try machine.run("install -m 644 \(Self.snippet) /etc/dovecot/conf.d/; doveadm reload")
    }

    /// A service that watches a director.
    func watched() async throws -> Machine {
        let machine = try machineWithDovecot()
        try machine.write(Self.director, to: "/etc/dovecot/conf.d/99-director.conf")
        try machine.run("systemctl restart dovecot")
        try install(machine)
        try openSocket(machine)
        try await expectUp(machine)
        let isTold = try await eventually(within: .seconds(20)) {
            try events(machine).last == "director_reachable"
        }
        try #require(isTold)
        return machine
    }

    func expectUp(_ machine: Machine, port: Int = 10027) async throws {
        let isUp = try await eventually(within: .seconds(20)) {
            metrics(machine, port: port)["up"] == 1
        }
        let log = try journal(machine)
        try #require(isUp, "\(log)")
    }

    func metrics(_ machine: Machine, port: Int = 10027) -> Metrics {
        Metrics((try? machine.run("curl -sS --max-time 5 http://127.0.0.1:$1/metrics", "\(port)")) ?? "")
    }

    func property(_ name: String, _ machine: Machine, unit: String = unit) throws -> String {
        try machine.run("systemctl show -P $1 $2", name, unit).trimmingCharacters(in: .newlines)
    }

    func journal(_ machine: Machine) throws -> String {
        try machine.run("journalctl -q --no-pager -o cat -u 'dovecot-director-exporter*'")
    }

    /// The events in the journal, as `kind backend`; the same one twice counts once.
    func events(_ machine: Machine) throws -> [String] {
        let text = try machine.run("journalctl -q --no-pager -o json -t dovecot-director-exporter")
        var seen: Set<String> = []
        return try text.split(separator: "\n").compactMap { line in
            let fields = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            guard let event = fields?["DIRECTOR_EVENT"] as? String,
                let id = fields?["DIRECTOR_EVENT_ID"] as? String, seen.insert(id).inserted
            else { return nil }
            return ([event] + [fields?["DIRECTOR_BACKEND"] as? String].compactMap { $0 })
                .joined(separator: " ")
        }
    }

    func count(_ text: String, in whole: String) -> Int {
        whole.components(separatedBy: text).count - 1
    }

    /// The same package under another version.
    func repacked(version: String) throws -> String {
        let package = try #require(DebianPackage.file)
        let directory = "/tmp/dde-m\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: directory + ".d") }
        try Command.run(
            "sh",
            [
                "-ec",
                """
                dpkg-deb -R "$1" "$2.d"
                sed -i "s/^Version: .*/Version: $3/" "$2.d/DEBIAN/control"
                dpkg-deb -Zgzip -z1 -b "$2.d" "$2.deb" >/dev/null
                """, "sh", package, directory, version,
            ])
        return directory + ".deb"
    }
}
