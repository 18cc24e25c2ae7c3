import Foundation
import Testing

/// The package in a real systemd, next to a real Dovecot.
@Suite(.enabled(if: Lab.isUsable && Machine.isUsable && DebianPackage.file != nil))
struct PackageTests {
    static let unit = "dovecot-director-exporter"
    static let snippet =
        "/usr/share/dovecot-director-exporter/dovecot/95-dovecot-director-exporter.conf"
    static let director = """
        director_servers = 127.0.0.1
        director_mail_servers = 127.1.0.1-127.1.0.3
        service director {
          inet_listener {
            address = 127.0.0.1
            port = 9090
          }
        }

        """

    @Test func aMachineWithoutADirectorIsLeftAlone() async throws {
        let machine = try machineWithDovecot()
        try install(machine)
        #expect(try property("ActiveState", machine) == "inactive")
        #expect(try property("Result", machine) == "exec-condition")
        #expect(try property("UnitFileState", machine) == "enabled")
        #expect(try property("UnitFileState", machine, unit: Self.unit + ".socket") == "disabled")
        let log = try journal(machine)
        #expect(count("No director is configured in this machine's Dovecot", in: log) == 1, "\(log)")
        #expect(log.contains("systemctl restart dovecot-director-exporter.service"))
        // Nobody made Dovecot start a director, which would have failed and said so.
        #expect(try machine.run("pgrep -cx director || true") == "0\n")
        #expect(try !machine.run("journalctl -q --no-pager -t dovecot").contains("director:"))
        #expect(try machine.run("systemctl is-system-running --wait") == "running\n")

        // Once there is one, the command from the message is enough.
        try machine.write(Self.director, to: "/etc/dovecot/conf.d/99-director.conf")
        try machine.run("systemctl restart dovecot")
        try openSocket(machine)
        try machine.run("systemctl restart dovecot-director-exporter.service")
        try await expectUp(machine)
    }

    @Test func activeReadyAndInItsSandbox() async throws {
        let machine = try await watched()
        #expect(try property("ActiveState", machine) == "active")
        #expect(try property("StatusText", machine) == "127.0.0.1:9090: ring synced, 1 member, 3 backends")
        #expect(try machine.run("curl -sS http://127.0.0.1:10027/-/ready") == "ready\n")
        #expect(metrics(machine)["exporter_link_probe_up"] == 1)

        // Who it is.
        let process = try property("MainPID", machine)
        let status = try machine.run("cat /proc/$1/status", process)
        let account = try machine.run("id -u dovecot-director-exporter").trimmingCharacters(in: .newlines)
        #expect(account != "0")
        #expect(status.contains("Uid:\t\(account)\t\(account)\t\(account)\t\(account)\n"))
        for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
            #expect(status.contains("\(set):\t0000000000000000\n"))
        }
        #expect(status.contains("NoNewPrivs:\t1\n"))
        #expect(status.contains("Seccomp:\t2\n"))
        #expect(try machine.run("getent group dovecot-director-exporter").hasSuffix(":\n"))
        #expect(
            try machine.run("stat -c '%A %U %G' /run/dovecot/director-admin")
                == "srw-rw---- root dovecot-director-exporter\n")

        // What it can write, as SECURITY.md says.
        let writable = try machine.run(
            """
            nsenter -t $1 -m setpriv --reuid $2 --regid $2 --clear-groups find / -path /proc -prune -o \
              -writable \\( -type f -o -type d \\) -print 2>/dev/null || true
            """, process, account)
        #expect(
            Set(writable.split(separator: "\n")) == [
                "/tmp", "/var/tmp", "/run/dovecot-director-exporter",
                "/var/lib/dovecot-director-exporter", "/var/lib/dovecot-director-exporter/state",
                "/var/lib/dovecot-director-exporter/lock",
            ])
        // Mail, homes, keys and the bus are out of sight; /usr is the control.
        func sees(_ path: String) -> Bool {
            machine.status(
                "nsenter -t \(process) -m setpriv --reuid \(account) --regid \(account) --clear-groups "
                    + "ls \(path)") == 0
        }
        #expect(sees("/usr"))
        for path in ["/root", "/home", "/var/mail", "/etc/dovecot/private", "/run/dbus", "/var/spool"] {
            #expect(!sees(path), "\(path)")
        }
        // Nobody else may read what it keeps.
        #expect(
            try machine.run("stat -c '%a %U' /var/lib/dovecot-director-exporter")
                == "700 dovecot-director-exporter\n")
        #expect(machine.status("systemd-analyze verify dovecot-director-exporter.service") == 0)
        #expect(try machine.run("systemd-analyze verify dovecot-director-exporter.service 2>&1").isEmpty)
    }

    @Test func eventsAreInTheJournalAndExplained() async throws {
        let machine = try await watched()
        let told = try events(machine)
        try machine.run("doveadm director down 127.1.0.2")
        #expect(
            try await eventually(within: .seconds(20)) {
                try events(machine) == told + ["backend_down 127.1.0.2"]
            })
        let text = try machine.run(
            "journalctl -q --no-pager -x DIRECTOR_EVENT=backend_down _SYSTEMD_UNIT=$1.service", Self.unit)
        #expect(text.contains("127.0.0.1:9090: backend 127.1.0.2 is down"))
        #expect(text.contains("Subject: A backend is down"))
        #expect(text.contains("The director 127.0.0.1:9090 assigns no new users to the backend 127.1.0.2."))
        #expect(text.contains("doveadm director flush 127.1.0.2"))
    }

    /// What the watchdog is for: a process that stands still.
    @Test func aStoppedProcessIsRestarted() async throws {
        let machine = try await watched()
        let process = try property("MainPID", machine)
        let told = try events(machine)
        try machine.run("kill -STOP $1", process)
        #expect(
            try await eventually(within: .seconds(60), every: .milliseconds(500)) {
                try property("NRestarts", machine) == "1"
            })
        try await expectUp(machine)
        #expect(try property("MainPID", machine) != process)
        #expect(try journal(machine).contains("Watchdog timeout"))
        // For the ring nothing happened.
        #expect(try events(machine) == told)
    }

    /// Changes right before and after each kill, while nobody watches.
    @Test func killsLoseNoEvent() async throws {
        let machine = try await watched()
        var expected = try events(machine)
        for round in 1...4 {
            try machine.run(
                """
                doveadm director add 127.1.1.$1
                kill -KILL $(systemctl show -P MainPID dovecot-director-exporter)
                doveadm director add 127.1.2.$1
                """, "\(round)")
            expected += ["backend_added 127.1.1.\(round)", "backend_added 127.1.2.\(round)"]
            #expect(
                try await eventually(within: .seconds(20)) {
                    try property("NRestarts", machine) == "\(round)"
                        && property("ActiveState", machine) == "active"
                })
        }
        #expect(
            try await eventually(within: .seconds(20)) { try events(machine).count >= expected.count })
        let told = try events(machine)
        #expect(told == expected)
    }

    @Test func dovecotIsRestartedUnderIt() async throws {
        let machine = try await watched()
        let process = try property("MainPID", machine)
        let told = try events(machine)
        try machine.run("systemctl stop dovecot")
        #expect(try await eventually(within: .seconds(20)) { metrics(machine)["up"] == 0 })
        try machine.run("systemctl start dovecot")
        try await expectUp(machine)
        #expect(try property("MainPID", machine) == process)
        #expect(
            try await eventually(within: .seconds(20)) {
                let fresh = try events(machine).dropFirst(told.count)
                return fresh.starts(with: ["director_unreachable", "director_reachable"])
                    && fresh.contains("director_restarted")
            })
        // Dovecot made the socket anew, and again for the group.
        #expect(
            try machine.run("stat -c '%A %G' /run/dovecot/director-admin")
                == "srw-rw---- dovecot-director-exporter\n")
    }

    @Test func reloadAndWrongFlags() async throws {
        let machine = try await watched()
        let process = try property("MainPID", machine)
        let keys = "/etc/dovecot-director-exporter"
        try machine.write("http_server_config:\n  headers:\n    X-Frame-Options: deny\n", to: "/root/web.yml")
        try machine.run("install -m 640 -g dovecot-director-exporter /root/web.yml \(keys)/; rm /root/web.yml")
        try machine.write(
            "ARGS=\"--web.config.file=\(keys)/web.yml\"\n", to: "/etc/default/dovecot-director-exporter")
        try machine.run("systemctl restart dovecot-director-exporter")
        try await expectUp(machine)
        func headers() throws -> String {
            try machine.run("curl -sSI http://127.0.0.1:10027/metrics").lowercased()
        }
        #expect(try headers().contains("x-frame-options: deny"))
        try machine.run("sed -i s/deny/sameorigin/ \(keys)/web.yml; systemctl reload dovecot-director-exporter")
        #expect(try await eventually(within: .seconds(10)) { try headers().contains("x-frame-options: sameorigin") })
        #expect(try property("ActiveState", machine) == "active")
        #expect(try property("MainPID", machine) != process)
        #expect(metrics(machine)["exporter_config_last_reload_successful"] == 1)

        // A wrong flag stops it, once, and says what is wrong.
        try machine.write("ARGS=\"--nonsense\"\n", to: "/etc/default/dovecot-director-exporter")
        #expect(machine.status("systemctl restart dovecot-director-exporter") != 0)
        #expect(try property("ActiveState", machine) == "failed")
        #expect(try property("ExecMainStatus", machine) == "64")
        #expect(try property("NRestarts", machine) == "0")
        #expect(try journal(machine).contains("unknown flag --nonsense"))
    }

    /// The service manager listens, and the exporter has no network of its own.
    @Test func withoutANetwork() async throws {
        let machine = try await watched()
        try machine.run(
            """
            install -D -m 644 /usr/share/doc/dovecot-director-exporter/examples/no-network.conf \
              /etc/systemd/system/dovecot-director-exporter.service.d/no-network.conf
            systemctl daemon-reload
            systemctl stop dovecot-director-exporter
            systemctl enable --now dovecot-director-exporter.socket
            systemctl start dovecot-director-exporter
            """)
        try await expectUp(machine)
        let namespaces = try machine.run(
            "readlink /proc/1/ns/net /proc/$1/ns/net | sort -u | wc -l", try property("MainPID", machine))
        #expect(namespaces == "2\n")
        // Its socket outlives it.
        try machine.run("kill -KILL $(systemctl show -P MainPID dovecot-director-exporter)")
        #expect(try await eventually(within: .seconds(20)) { try property("NRestarts", machine) == "1" })
        try await expectUp(machine)
        try machine.run("dpkg --purge dovecot-director-exporter")
        #expect(try machine.run("ls -d /etc/systemd/system/*/dovecot-director* 2>/dev/null || true").isEmpty)
        #expect(machine.status("curl -sS http://127.0.0.1:10027/") != 0)
    }

    /// A ring of two on one machine, each member watched by an instance of the template.
    @Test func severalDirectorsOnAMachine() async throws {
        let machine = try machineWithDovecot()
        try install(machine)
        try machine.run("systemctl disable --now dovecot-director-exporter")
        for (number, name) in [(1, "east"), (2, "west")] {
            try machine.write(
                """
                base_dir = /run/dovecot-\(name)
                state_dir = /var/lib/dovecot-\(name)
                instance_name = \(name)
                protocols =
                listen = 127.0.0.\(number)
                ssl = no
                director_servers = 127.0.0.1 127.0.0.2
                director_mail_servers = 127.1.0.1-127.1.0.3
                service director {
                  inet_listener {
                    address = 127.0.0.\(number)
                    port = 9090
                  }
                  unix_listener director-admin {
                    mode = 0660
                    group = dovecot-director-exporter
                  }
                }

                """, to: "/etc/dovecot-\(name)/dovecot.conf")
            try machine.write(
                """
                ARGS="--director.socket=/run/dovecot-\(name)/director-admin \\
                  --web.listen-address=127.0.0.1:1003\(number)"

                """, to: "/etc/default/dovecot-director-exporter-\(name)")
            try machine.run("mkdir -p /var/lib/dovecot-\(name); systemd-run -q --unit=dovecot-\(name) "
                + "dovecot -F -c /etc/dovecot-\(name)/dovecot.conf")
        }
        // Its own Dovecot has no director, which says nothing about the others.
        try machine.run("systemctl enable --now dovecot-director-exporter@east dovecot-director-exporter@west")
        for port in [10031, 10032] {
            #expect(
                try await eventually(within: .seconds(60)) {
                    let page = metrics(machine, port: port)
                    // The kernel's view of real links, from within the sandbox.
                    return page.isWhole && page.count("ring_member") == 2
                        && page["exporter_link_probe_up"] == 1
                        && page.count("ring_connection_tcp_round_trip_seconds") == 2
                }, "\(metrics(machine, port: port).text)")
        }
        #expect(
            try machine.run("ls /var/lib/dovecot-director-exporter")
                == "instance-east\ninstance-west\n")
        // Without its file an instance doesn't fall upon somebody else's socket.
        #expect(machine.status("systemctl start dovecot-director-exporter@north") != 0)

        // An upgrade restarts those that run, and starts no other.
        let before = try property("MainPID", machine, unit: Self.unit + "@east")
        let newer = try repacked(version: "99")
        defer { unlink(newer) }
        try install(machine, newer)
        #expect(try property("MainPID", machine, unit: Self.unit + "@east") != before)
        #expect(try property("ActiveState", machine, unit: Self.unit + "@west") == "active")
        #expect(try property("ActiveState", machine) == "inactive")

        try machine.run("dpkg --remove dovecot-director-exporter")
        #expect(try machine.run("pgrep -c dovecot-directo || true") == "0\n")
    }
}
