import Foundation
import Testing

/// From one version to the next, and out again.
extension PackageTests {
    @Test func upgradeRemovalAndPurge() async throws {
        let machine = try machineWithDovecot()
        try machine.write(Self.director, to: "/etc/dovecot/conf.d/99-director.conf")
        try machine.run("systemctl restart dovecot")
        let older = try repacked(version: "0.0.1")
        defer { unlink(older) }
        // What dpkg, apt, systemd and Dovecot write for themselves. Of the accounts the content counts.
        let bookkeeping = [
            "/var/lib/dpkg", "/var/lib/apt", "/var/lib/PackageKit", "/var/lib/systemd", "/var/lib/dovecot",
            "/var/cache", "/var/log", "/var/tmp", "/run", "/tmp",
        ]
        let accountFiles = ["passwd", "group", "shadow", "gshadow", "subuid", "subgid"].map { "/etc/" + $0 }
        func isBookkeeping(_ path: String) -> Bool {
            bookkeeping.contains { path == $0 || path.hasPrefix($0 + "/") }
                || accountFiles.contains { path == $0 || path == $0 + "-" }
        }
        let showAccounts = "sort " + accountFiles.joined(separator: " ")
        let accounts = try machine.run(showAccounts)
        let catalog = try machine.run("journalctl --list-catalog")
        let before = try machine.changedPaths().filter { !isBookkeeping($0) }

        try install(machine, older)
        try openSocket(machine)
        try await expectUp(machine)
        #expect(try machine.run("journalctl --list-catalog") != catalog)
        try machine.run("doveadm director down 127.1.0.1")
        #expect(
            try await eventually(within: .seconds(20)) { try events(machine).contains("backend_down 127.1.0.1") })
        let mine = "# mine\nARGS=\"--director.expect=127.0.0.1\"\n"
        try machine.write(mine, to: "/etc/default/dovecot-director-exporter")
        try machine.run(
            """
            install -D -m 644 /usr/share/doc/dovecot-director-exporter/examples/limit-scrapers.conf \
              /etc/systemd/system/dovecot-director-exporter.service.d/limit-scrapers.conf
            systemctl daemon-reload
            """)

        // Upgrade: the new one runs, with the settings and the memory of the old one.
        let told = try events(machine)
        let process = try property("MainPID", machine)
        try install(machine)
        #expect(try property("MainPID", machine) != process)
        try await expectUp(machine)
        #expect(try machine.run("cat /etc/default/dovecot-director-exporter") == mine)
        #expect(try events(machine) == told)
        #expect(metrics(machine)["ring_expected_member{director=\"127.0.0.1:9090\"}"] == 1)
        #expect(try property("IPAddressDeny", machine).contains("/0"))

        // Removal: nothing runs, settings and state stay, and the state is good for a return.
        try machine.run("dpkg --remove dovecot-director-exporter")
        #expect(try machine.run("pgrep -c dovecot-directo || true") == "0\n")
        #expect(machine.status("test -s /var/lib/dovecot-director-exporter/state") == 0)
        #expect(try machine.run("cat /etc/default/dovecot-director-exporter") == mine)
        try machine.run("doveadm director up 127.1.0.1")
        try install(machine)
        try await expectUp(machine)
        #expect(
            try await eventually(within: .seconds(20)) {
                try events(machine) == told + ["backend_up 127.1.0.1"]
            })

        // Purge while Dovecot still refers to the group: Dovecot must be able to start again.
        try machine.run("dpkg --purge dovecot-director-exporter")
        #expect(machine.status("getent group dovecot-director-exporter") == 0)
        try machine.run("systemctl restart dovecot")

        // And as the documentation says: first the snippet, then the package.
        try install(machine)
        try machine.run("rm /etc/dovecot/conf.d/95-dovecot-director-exporter.conf; doveadm reload")
        #expect(
            try await eventually(within: .seconds(10)) {
                try machine.run("stat -c '%A %G' /run/dovecot/director-admin") == "srw------- root\n"
            })
        try machine.run("dpkg --purge dovecot-director-exporter")
        let after = try machine.changedPaths().filter { !isBookkeeping($0) }
        #expect(after.subtracting(before) == [])
        #expect(try machine.run(showAccounts) == accounts)
        #expect(try machine.run("journalctl --list-catalog") == catalog)
        #expect(try machine.run("systemctl list-unit-files --no-legend 'dovecot-director*' || true").isEmpty)
        #expect(try machine.run("systemctl is-system-running") == "running\n")
    }
}
