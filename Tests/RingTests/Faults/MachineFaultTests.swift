import Foundation
import Testing

/// What the disk, the clock, the scheduler, the kernel's limits and HTTP clients do to the exporter.
@Suite(.enabled(if: Stage.isUsable)) struct MachineFaultTests {
    private func look(at sidecar: Sidecar) -> FaultPage { FaultPage(LocalStream.page(port: sidecar.port)) }

    private func isUp(_ sidecar: Sidecar) async throws -> Bool {
        try await eventually(within: .seconds(20)) { look(at: sidecar).isUp }
    }

    private static let quick = [
        "--director.poll-interval=100ms", "--director.timeout=2s", "--no-director.link-probe",
    ]

    // MARK: The disk

    /// The state directory is a small file system of its own, which `body` may change with a shell.
    private func onDisk(
        _ setup: String, _ body: (SimulatedRing, Sidecar, _ shell: (String) throws -> Void) async throws -> Void
    ) async throws {
        let simulator = try SimulatedRing(members: 3)
        let sidecar = try Sidecar(
            socket: simulator.socket(1), Self.quick,
            wrapper: [
                "unshare", "-m", "sh", "-c",
                """
                for word; do case $word in --state.directory=*) d=${word#*=} ;; esac; done
                mount -t tmpfs -o size=128k none "$d" && \(setup) && exec "$0" "$@"
                """,
            ])
        #expect(try await isUp(sidecar))
        try await body(simulator, sidecar) { script in
            try Command.run(
                "nsenter",
                ["-t", "\(sidecar.processIdentifier)", "-m", "--", "sh", "-ec", script, sidecar.state])
        }
    }

    private func expectNoticedOnce(
        _ sidecar: Sidecar, _ simulator: SimulatedRing, _ words: String, mend: () throws -> Void
    ) async throws {
        let failures = "exporter_state_write_failures_total"
        try simulator.directorctl(1, "down", "198.51.100.1")
        // It is tried again each second, the event is counted, and the polls go on.
        #expect(
            try await eventually(within: .seconds(20)) {
                let page = look(at: sidecar)
                return (page[failures] ?? 0) >= 3 && page.events["backend_down"] == 1 && page.isUp
            })
        let log = FaultLog(of: sidecar)
        #expect(log.lines.count == 1, "\(log.lines)")
        #expect(log.count(words) == 1)
        try mend()
        #expect(
            try await eventually(within: .seconds(15)) {
                FaultLog(of: sidecar).count("the state can be written again") == 1
            })
        let count = look(at: sidecar)[failures]
        try simulator.directorctl(1, "up", "198.51.100.1")
        #expect(try await eventually(within: .seconds(15)) { look(at: sidecar).events["backend_up"] == 1 })
        #expect(look(at: sidecar)[failures] == count)
        #expect(FaultLog(of: sidecar).lines.count == 2)
        #expect(look(at: sidecar).failureCount == 0)
    }

    @Test(.enabled(if: Lab.isUsable)) func diskFull() async throws {
        try await onDisk("true") { simulator, sidecar, shell in
            #expect(
                try await eventually(within: .seconds(10)) {
                    FileManager.default.fileExists(
                        atPath: "/proc/\(sidecar.processIdentifier)/root\(sidecar.state)/state")
                })
            try shell("cat /dev/zero > $0/fill 2>/dev/null || true")
            try await expectNoticedOnce(sidecar, simulator, "No space left on device") {
                try shell("rm $0/fill")
            }
        }
    }

    @Test(.enabled(if: Lab.isUsable)) func readOnlyDisk() async throws {
        try await onDisk("true") { simulator, sidecar, shell in
            try shell("mount -o remount,ro $0")
            try await expectNoticedOnce(sidecar, simulator, "Read-only file system") {
                try shell("mount -o remount,rw $0")
            }
        }
    }

    /// What a directory that is read-only from the start holds is used all the same.
    @Test(.enabled(if: Lab.isUsable)) func savedStateOnAReadOnlyDisk() async throws {
        let simulator = try SimulatedRing(members: 3)
        let sidecar = try Sidecar(
            socket: simulator.socket(1), Self.quick,
            wrapper: [
                "unshare", "-m", "sh", "-c",
                """
                for word; do case $word in --state.directory=*) d=${word#*=} ;; esac; done
                if [ -e "$d/state" ]; then
                    mount --bind "$d" "$d" && mount -o remount,ro,bind "$d" || exit 1
                fi
                exec "$0" "$@"
                """,
            ])
        #expect(try await isUp(sidecar))
        #expect(sidecar.stop() == 0)
        try simulator.directorctl(1, "down", "198.51.100.2")
        try sidecar.start()
        #expect(try await isUp(sidecar))
        // The change that was made meanwhile, and no director_reachable: that is known.
        #expect(
            try await eventually(within: .seconds(10)) {
                look(at: sidecar).events == ["backend_down": 1]
            }, "\(look(at: sidecar).events)")
        #expect(FaultLog(of: sidecar).count("Read-only file system") == 1)
    }

    /// A state file that is of no use is put aside, told once, and the next view is a baseline.
    @Test(arguments: [
        "", "\n", "dovecot-director-exporter state 1\n", "dovecot-director-exporter state 2\nview\t1\n",
        "dovecot-director-exporter state 0\n", "half",
    ])
    func uselessStateFile(_ content: String) async throws {
        let simulator = try SimulatedRing(members: 3)
        var kept: Data?
        if content == "half" {
            let sidecar = try Sidecar(socket: simulator.socket(1), Self.quick)
            #expect(try await isUp(sidecar))
            #expect(sidecar.stop() == 0)
            let whole = try Data(contentsOf: URL(fileURLWithPath: sidecar.state + "/state"))
            kept = whole.prefix(whole.count / 2)
        }
        let bytes = kept ?? Data(content.utf8)
        let sidecar = try Sidecar(socket: simulator.socket(1), Self.quick) { state in
            try bytes.write(to: URL(fileURLWithPath: state + "/state"))
        }
        #expect(try await isUp(sidecar))
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: sidecar.state + "/state.unreadable")) == bytes)
        let log = FaultLog(of: sidecar)
        #expect(log.lines.count == 1, "\(log.lines)")
        #expect(log.count("state.unreadable") == 1)
        #expect(look(at: sidecar).events == ["director_reachable": 1])
        try simulator.directorctl(1, "down", "198.51.100.1")
        #expect(try await eventually(within: .seconds(15)) { look(at: sidecar).events["backend_down"] == 1 })
        // From here on it survives again.
        #expect(sidecar.stop() == 0)
        try sidecar.start()
        #expect(try await isUp(sidecar))
        #expect(look(at: sidecar).events.isEmpty, "\(look(at: sidecar).events)")
    }

    // MARK: Time

    /// The date jumps back and forth. Neither events nor outages come of it, the polls go on, and
    /// what carries a date carries the new one.
    @Test func clockJumps() async throws {
        let directory = "/tmp/dde-c\(UUID().uuidString.prefix(13))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        do {
            try Command.run(
                "sh",
                [
                    "-c", "$(command -v cc || command -v clang) -shared -fPIC -o \"$0\" \"$1\"",
                    directory + "/jump.so",
                    Project.root.appendingPathComponent("lab/clock-jump.c").path,
                ])
        } catch {
            print("NOT TESTED: jumps of the clock, for want of a C compiler: \(error)")
            return
        }
        func jump(_ seconds: Int64) throws {
            // In place: the process has mapped it.
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: directory + "/jump"))
            try file.write(contentsOf: withUnsafeBytes(of: seconds) { Data($0) })
            try file.close()
        }
        try Data(count: 8).write(to: URL(fileURLWithPath: directory + "/jump"))
        let simulator = try SimulatedRing(members: 3)
        let sidecar = try Sidecar(
            socket: simulator.socket(1), Self.quick,
            environment: [
                "LD_PRELOAD": directory + "/jump.so", "CLOCK_JUMP_FILE": directory + "/jump",
            ])
        #expect(try await isUp(sidecar))
        for seconds: Int64 in [-3600, 3600, 0] {
            try jump(seconds)
            #expect(
                try await eventually(within: .seconds(30)) {
                    let date = Date().timeIntervalSince1970 + Double(seconds)
                    return abs(look(at: sidecar).lastSuccess - date) < 15
                })
            let polled = look(at: sidecar).lastSuccess
            #expect(
                try await eventually(within: .seconds(30)) { look(at: sidecar).lastSuccess > polled + 2 })
            // An HTTP connection that is open doesn't age by it, and a new one is served.
            #expect(look(at: sidecar).isUp)
        }
        let page = look(at: sidecar)
        #expect(page.events == ["director_reachable": 1], "\(page.events)")
        #expect(page.failureCount == 0)
        #expect(FaultLog(of: sidecar).lines.isEmpty)
    }

    /// The exporter stands still while an answer is on its way, for longer than its deadline, and once
    /// for longer than a healthy neighbour is ever silent. The answer came in time: there was no
    /// outage, and what it says of the neighbours is as old as it is itself.
    @Test func standsStill() async throws {
        // An answer of several reads.
        let simulator = try SimulatedRing(members: 3, ["--backends=3000", "--logins=0"])
        let sidecar = try Sidecar(
            socket: simulator.socket(1),
            ["--director.poll-interval=100ms", "--director.timeout=1s", "--no-director.link-probe"])
        #expect(try await isUp(sidecar))
        try simulator.order("fault delay time=400ms at=HOST-LIST")
        let polled = look(at: sidecar).lastSuccess
        #expect(try await eventually(within: .seconds(10)) { look(at: sidecar).lastSuccess > polled })
        for milliseconds in [1600, 1600, 1600, 1600, 22_000] {
            sidecar.send(SIGSTOP)
            // Long enough for the deadline to pass: this is the fault itself, and no wait for a state.
            try await Task.sleep(for: .milliseconds(milliseconds))
            sidecar.send(SIGCONT)
            let polled = look(at: sidecar).lastSuccess
            #expect(
                try await eventually(within: .seconds(10), every: .milliseconds(20)) {
                    look(at: sidecar).lastSuccess > polled
                })
        }
        let page = look(at: sidecar)
        #expect(page.failureCount == 0, "\(page.failures)")
        #expect(page.events == ["director_reachable": 1], "\(page.events)")
        #expect(try simulator.connections(1) == 1)
    }

    // MARK: Clients and descriptors

    /// Clients take all descriptors that there are, and the director is asked all the same, on a new
    /// connection too.
    @Test func descriptorsUsedUp() async throws {
        let simulator = try SimulatedRing(members: 3)
        let sidecar = try Sidecar(
            socket: simulator.socket(1), Self.quick, wrapper: ["prlimit", "--nofile=160"])
        #expect(try await isUp(sidecar))
        let before = try Footprint(of: sidecar.processIdentifier)
        let port = sidecar.port
        // Half-open, half of them with the beginning of a request.
        var clients = (0..<400).compactMap { _ in try? LocalStream(port: port) }
        for (index, client) in clients.enumerated() where index % 2 == 0 { client.say("GET /met") }
        #expect(clients.count > 300)
        for _ in 0..<3 {
            try simulator.order("fault close at=HOST-LIST count=1 member=1")
            let polled = look(at: sidecar).lastSuccess
            #expect(try await eventually(within: .seconds(10)) { look(at: sidecar).lastSuccess > polled + 0.5 })
        }
        #expect(look(at: sidecar).isUp)
        #expect(look(at: sidecar).failureCount == 0, "\(look(at: sidecar).failures)")
        let during = try Footprint(of: sidecar.processIdentifier)
        #expect(during.descriptors < 160)
        clients = []
        #expect(
            try await eventually(within: .seconds(15)) {
                try Footprint(of: sidecar.processIdentifier).descriptors <= before.descriptors + 1
            })
        #expect(FaultLog(of: sidecar).lines.isEmpty, "\(FaultLog(of: sidecar).lines)")
    }

    /// Clients that ask for much and read nothing, and thousands that say nothing.
    @Test func stuckClients() async throws {
        let simulator = try SimulatedRing(members: 3, ["--backends=3000", "--logins=0"])
        let sidecar = try Sidecar(socket: simulator.socket(1), Self.quick)
        #expect(try await isUp(sidecar))
        let port = sidecar.port
        let before = try Footprint(of: sidecar.processIdentifier)
        let stuck = (0..<100).compactMap { _ in try? LocalStream(port: port) }
        for client in stuck {
            client.say(String(repeating: "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", count: 20))
        }
        let idle = (0..<(Lab.runsEverything ? 5000 : 1000)).compactMap { _ in try? LocalStream(port: port) }
        let polled = look(at: sidecar).lastSuccess
        #expect(try await eventually(within: .seconds(15)) { look(at: sidecar).lastSuccess > polled + 1 })
        for _ in 0..<20 { #expect(look(at: sidecar).isUp) }
        let during = try Footprint(of: sidecar.processIdentifier)
        // A page of 3,000 backends is over a megabyte: each stuck client holds what the kernel
        // doesn't, and the page itself is one for all.
        #expect(Lab.isSanitized || during.anonymousKilobytes < before.anonymousKilobytes + 200_000)
        #expect(look(at: sidecar).failureCount == 0)
        withExtendedLifetime((stuck, idle)) {}
    }
}
