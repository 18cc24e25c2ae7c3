import AdminProbe
import DirectorRing
import Testing

/// A tracker with a clock that the test sets.
struct TrackerBench {
    var tracker: EventTracker
    var wall = 1_700_000_000.0
    var monotonic = 1000.0
    private static let start = 1_700_000_000

    init(view: LoggedView = LoggedView()) {
        tracker = EventTracker(view: view, makeID: { "0" })
    }

    private var instant: EventTracker.Instant {
        EventTracker.Instant(
            wall: wall, monotonic: MonotonicTime(nanoseconds: Int64(monotonic * 1e9)))
    }

    mutating func pass(_ seconds: Double) {
        wall += seconds
        monotonic += seconds
    }

    mutating func see(
        _ directors: [String], hosts: [String] = [], connectionEnded: Bool = false,
        processChanged: Bool = false
    ) throws -> [String] {
        let snapshot = RingSnapshot(try Fixture.reply(hosts: hosts, directors: directors))
        return tracker.observe(
            snapshot, connectionEnded: connectionEnded, processChanged: processChanged, at: instant
        )
            .map(Self.text)
    }

    mutating func fail() -> [String] { tracker.observeFailure(at: instant).map(Self.text) }

    /// `kind member side backend old>new`, as far as there is any.
    static func text(_ event: RingEvent) -> String {
        var parts = [event.kind.rawValue]
        if let member = event.member { parts.append(member.description) }
        if let side = event.side { parts.append(side.rawValue) }
        if let backend = event.backend {
            parts.append("\(backend.address)" + (backend.tag.isEmpty ? "" : "@\(backend.tag)"))
        }
        if event.old != nil || event.new != nil {
            parts.append("\(event.old ?? "")>\(event.new ?? "")")
        }
        return parts.joined(separator: " ")
    }

    /// A link row; the input is so many seconds before the present.
    func link(
        _ member: String, _ side: String, received: Int = 100, age: Double = 1
    ) -> String {
        "\(member)\t9090\t\(side)\t0\tsynced\t0\t\(received)\t200\t0\t0\t\(Int(wall - age))"
            + "\t\(Int(wall - age))"
    }
}

@Suite struct EventTrackerTests {
    private let own = "10.0.0.1\t9090\tself\t0\tring synced\t0"
    private let handshaking = "10.0.0.1\t9090\tself\t0\tring handshaking\t0"

    @Test func firstViewIsASilentBaseline() throws {
        var bench = TrackerBench()
        let rows = [own, bench.link("10.0.0.2", "right"), bench.link("10.0.0.2", "left")]
        #expect(
            try bench.see(rows, hosts: ["10.1.0.1\t100\t0\t\tU\t0"]) == ["director_reachable"])
        #expect(try bench.see(rows, hosts: ["10.1.0.1\t100\t5\t\tU\t9"]).isEmpty)
        #expect(bench.tracker.view.members.count == 2)
    }

    @Test func eventsCarryTheViewAfterTheChange() throws {
        var tracker = EventTracker(makeID: { "id" })
        let instant = EventTracker.Instant(wall: 5, monotonic: MonotonicTime(nanoseconds: 0))
        func see(_ rows: [String]) throws -> [RingEvent] {
            tracker.observe(
                RingSnapshot(try Fixture.reply(hosts: [], directors: rows)),
                connectionEnded: false, at: instant)
        }
        _ = try see([own, "10.0.0.2\t9090\t\t0\t"])
        let events = try see([own, "10.0.0.3\t9090\t\t0\t"])
        #expect(
            events.map(TrackerBench.text)
                == ["member_removed 10.0.0.2:9090", "member_added 10.0.0.3:9090"])
        for event in events {
            #expect(event.ringMembers.map(\.description) == ["10.0.0.1:9090", "10.0.0.3:9090"])
            #expect(event.director?.description == "10.0.0.1:9090")
            #expect(event.observedAt == 5)
        }
    }

    @Test func identitiesAreRandom() {
        let ids = (0..<100).map { _ in EventTracker.randomID() }
        #expect(Set(ids).count == 100)
        #expect(ids.allSatisfy { $0.count == 32 && $0.allSatisfy(\.isHexDigit) })
    }

    @Test func memberLeavesOnceAtItsFirstRemovedRow() throws {
        var bench = TrackerBench()
        _ = try bench.see([own, "10.0.0.2\t9090\t\t0\t"])
        #expect(
            try bench.see([own, "10.0.0.2\t9090\tremoved\t0\t"]) == ["member_removed 10.0.0.2:9090"])
        #expect(try bench.see([own, "10.0.0.2\t9090\tremoved\t0\t"]).isEmpty)
        #expect(try bench.see([own]).isEmpty)
        #expect(try bench.see([own, "10.0.0.2\t9090\t\t0\t"]).contains("member_added 10.0.0.2:9090"))
    }

    @Test func neighbourChanges() throws {
        var bench = TrackerBench()
        _ = try bench.see([own, bench.link("10.0.0.2", "right"), "10.0.0.3\t9090\t\t0\t"])
        #expect(
            try bench.see([own, "10.0.0.2\t9090\t\t0\t", bench.link("10.0.0.3", "right")]) == [
                "link_down 10.0.0.2:9090 right 10.0.0.2:9090>10.0.0.3:9090",
                "link_up 10.0.0.3:9090 right 10.0.0.2:9090>10.0.0.3:9090",
            ])
        #expect(
            try bench.see([own, "10.0.0.2\t9090\t\t0\t", "10.0.0.3\t9090\t\t0\t"]) == [
                "link_down 10.0.0.3:9090 right 10.0.0.3:9090>", "ring_isolated",
            ])
        #expect(
            try bench.see([own, bench.link("10.0.0.2", "left"), "10.0.0.3\t9090\t\t0\t"]) == [
                "link_up 10.0.0.2:9090 left >10.0.0.2:9090", "ring_rejoined",
            ])
    }

    @Test func isolationOfTheBaselineIsNotRejoined() throws {
        var bench = TrackerBench()
        _ = try bench.see([own, "10.0.0.2\t9090\t\t0\t"])
        #expect(
            try bench.see([own, bench.link("10.0.0.2", "left")])
                == ["link_up 10.0.0.2:9090 left >10.0.0.2:9090"])
    }

    @Test func connectionsUnderWayAreNoNeighbours() throws {
        var bench = TrackerBench()
        let rows = [own, bench.link("10.0.0.2", "right"), bench.link("10.0.0.2", "left")]
        _ = try bench.see(rows)
        #expect(
            try bench.see(rows + [bench.link("10.0.0.2", "in"), bench.link("10.0.0.2", "out")])
                .isEmpty)
    }

    @Test func resetIsToldByFallingCounters() throws {
        var bench = TrackerBench()
        _ = try bench.see([own, bench.link("10.0.0.2", "right", received: 100)])
        #expect(try bench.see([own, bench.link("10.0.0.2", "right", received: 101)]).isEmpty)
        #expect(
            try bench.see([own, bench.link("10.0.0.2", "right", received: 5)])
                == ["link_reset 10.0.0.2:9090 right"])
        #expect(try bench.see([own, bench.link("10.0.0.2", "right", received: 5)]).isEmpty)
    }

    @Test func restartIsToldByTheConnectionAndTheCounters() throws {
        var bench = TrackerBench()
        _ = try bench.see([own, bench.link("10.0.0.2", "right", received: 100)])
        // A reload ends the connection alone.
        #expect(
            try bench.see(
                [own, bench.link("10.0.0.2", "right", received: 100)], connectionEnded: true
            ).isEmpty)
        #expect(
            try bench.see(
                [own, bench.link("10.0.0.2", "right", received: 7)], connectionEnded: true)
                == ["director_restarted"])
    }

    @Test func restartIsToldByTheProcess() throws {
        var bench = TrackerBench()
        let rows = [own, bench.link("10.0.0.2", "right", received: 100)]
        _ = try bench.see(rows)
        // A restart so soon after the last that the counters have caught up.
        #expect(
            try bench.see(rows, connectionEnded: true, processChanged: true)
                == ["director_restarted"])
    }

    @Test func restartIsToldByTheHandshake() throws {
        var bench = TrackerBench()
        _ = try bench.see(
            [own, bench.link("10.0.0.2", "right")], hosts: ["10.1.0.1\t100\t0\t\tU\t0"])
        #expect(
            try bench.see([handshaking, "10.0.0.2\t9090\t\t0\t"], connectionEnded: true) == [
                "director_restarted", "link_down 10.0.0.2:9090 right 10.0.0.2:9090>",
                "ring_isolated", "ring_unsynced",
            ])
        // The empty list of a director that joins removed nothing.
        #expect(
            try bench.see(
                [own, bench.link("10.0.0.2", "right", received: 3)],
                hosts: ["10.1.0.1\t100\t0\t\tU\t0"]) == [
                    "link_up 10.0.0.2:9090 right >10.0.0.2:9090", "ring_rejoined", "ring_synced",
                ])
    }

    @Test func outageIsLoggedOnce() throws {
        var bench = TrackerBench()
        #expect(bench.fail() == ["director_unreachable"])
        #expect(bench.fail().isEmpty)
        #expect(try bench.see([own]) == ["director_reachable"])
        #expect(bench.fail() == ["director_unreachable"])
        #expect(
            try bench.see([own, "10.0.0.2\t9090\t\t0\t"], connectionEnded: true)
                == ["director_reachable", "member_added 10.0.0.2:9090", "ring_isolated"])
    }

    @Test func restartOfTheExporterAloneLogsNothing() throws {
        var bench = TrackerBench()
        let rows = [own, bench.link("10.0.0.2", "right"), bench.link("10.0.0.2", "left")]
        let hosts = ["10.1.0.1\t100\t0\t\tU\t0"]
        _ = try bench.see(rows, hosts: hosts)
        var next = TrackerBench(view: bench.tracker.view)
        #expect(try next.see(rows, hosts: hosts, connectionEnded: true).isEmpty)

        _ = bench.fail()
        next = TrackerBench(view: bench.tracker.view)
        #expect(next.fail().isEmpty)
        #expect(try next.see(rows, hosts: hosts, connectionEnded: true) == ["director_reachable"])
    }

    @Test func changeWhileTheExporterWasDown() throws {
        var bench = TrackerBench()
        _ = try bench.see([own, "10.0.0.2\t9090\t\t0\t"], hosts: ["10.1.0.1\t100\t0\t\tU\t0"])
        var next = TrackerBench(view: bench.tracker.view)
        #expect(
            try next.see(
                [own, "10.0.0.3\t9090\t\t0\t"], hosts: ["10.1.0.1\t100\t0\t\tD\t0"],
                connectionEnded: true) == [
                    "member_removed 10.0.0.2:9090", "member_added 10.0.0.3:9090",
                    "backend_down 10.1.0.1 up>down",
                ])
    }

    @Test func syncStates() throws {
        var bench = TrackerBench()
        _ = try bench.see([own])
        let syncing = "10.0.0.1\t9090\tself\t0\tring syncing - last sync 2 secs ago\t0"
        #expect(try bench.see([syncing]) == ["ring_unsynced"])
        // Its row is missing while a peer claims its address: nothing is known, nothing changed.
        #expect(try bench.see(["10.0.0.1\t9090\t\t0\t"]).isEmpty)
        #expect(try bench.see([own]) == ["ring_synced"])
    }

    @Test func silenceAndItsEnd() throws {
        var bench = TrackerBench()
        let input = bench.wall
        func rows() -> [String] { [own, bench.link("10.0.0.2", "left", age: bench.wall - input)] }
        _ = try bench.see(rows())
        bench.pass(20)
        #expect(try bench.see(rows()).isEmpty)
        bench.pass(1)
        #expect(try bench.see(rows()) == ["link_silent 10.0.0.2:9090 left"])
        bench.pass(5)
        #expect(try bench.see(rows()).isEmpty)
        #expect(
            try bench.see([own, bench.link("10.0.0.2", "left")])
                == ["link_resumed 10.0.0.2:9090 left"])
    }

    @Test(arguments: [3600.0, -3600.0])
    func settingTheClockSilencesNobody(_ jump: Double) throws {
        var bench = TrackerBench()
        let before = bench.wall
        _ = try bench.see([own, bench.link("10.0.0.2", "left", age: 0)])
        bench.pass(1)
        bench.wall += jump
        #expect(
            try bench.see([own, bench.link("10.0.0.2", "left", age: bench.wall - before)]).isEmpty)
        bench.pass(10)
        #expect(try bench.see([own, bench.link("10.0.0.2", "left", age: 0)]).isEmpty)
        bench.pass(15)
        #expect(try bench.see([own, bench.link("10.0.0.2", "left", age: 15)]).isEmpty)
        bench.pass(6)
        #expect(
            try bench.see([own, bench.link("10.0.0.2", "left", age: 21)])
                == ["link_silent 10.0.0.2:9090 left"])
    }

    @Test func silenceBeforeTheExporterStartedCounts() throws {
        var bench = TrackerBench()
        let rows = [own, bench.link("10.0.0.2", "left", age: 25)]
        _ = try bench.see(rows)
        bench.pass(1)
        #expect(
            try bench.see([own, bench.link("10.0.0.2", "left", age: 26)])
                == ["link_silent 10.0.0.2:9090 left"])
    }

    @Test func backendChanges() throws {
        var bench = TrackerBench()
        _ = try bench.see(
            [own],
            hosts: [
                "10.1.0.1\t100\t0\t\tU\t0", "10.1.0.2\t100\t0\t\tU\t0", "10.1.0.3\t100\t0\t\tU\t0",
            ])
        #expect(
            try bench.see(
                [own],
                hosts: [
                    "10.1.0.1\t0\t0\t\tD\t9", "10.1.0.2\t100\t5\t\tU\t0",
                    "10.1.0.3\t100\t0\tblue\tU\t0", "10.1.0.4\t100\t0\t\tD\t0",
                ]) == [
                    "backend_down 10.1.0.1 up>down", "backend_vhosts_changed 10.1.0.1 100>0",
                    "backend_removed 10.1.0.3 up>", "backend_added 10.1.0.3@blue >up",
                    "backend_added 10.1.0.4 >down",
                ])
        #expect(
            try bench.see([own], hosts: ["10.1.0.1\t0\t0\t\tU\t9"]) == [
                "backend_up 10.1.0.1 down>up", "backend_removed 10.1.0.2 up>",
                "backend_removed 10.1.0.3@blue up>", "backend_removed 10.1.0.4 down>",
            ])
        // An empty list of a director that isn't joining is a list.
        #expect(try bench.see([own]) == ["backend_removed 10.1.0.1 up>"])
    }

    /// What is missing from a list with a row that can't be read may stand in that row, for a minute.
    @Test func rowsThatCannotBeReadRemoveNothing() throws {
        var bench = TrackerBench()
        let left = bench.link("10.0.0.2", "left")
        let right = bench.link("10.0.0.2", "right")
        let hosts = ["10.1.0.1\t100\t0\t\tU\t0", "10.1.0.2\t100\t0\t\tU\t0"]
        _ = try bench.see([own, left, right], hosts: hosts)
        for rows in [[own, "10.0.0.2\t9090\t???", right], [own, "x", "y"], ["x", left, right]] {
            bench.pass(1)
            #expect(try bench.see(rows, hosts: [hosts[0], "10.1.0.2\t100\t"]) == [])
        }
        bench.pass(1)
        #expect(try bench.see([own, left, right], hosts: hosts) == [])
        // Another row that can't be read hides nothing of what is there.
        bench.pass(1)
        #expect(
            try bench.see([own, left, right, "x"], hosts: [hosts[0], "10.1.0.2\t100\t0\t\tD\t0", "y"])
                == ["backend_down 10.1.0.2 up>down"])
        // A row that is never readable does not hide for good what was removed.
        func links() -> [String] { [own] + ["left", "right"].map { bench.link("10.0.0.2", $0) } }
        bench.pass(1)
        #expect(try bench.see(links(), hosts: [hosts[0], "y"]) == [])
        bench.pass(59)
        #expect(try bench.see(links(), hosts: [hosts[0], "y"]) == [])
        bench.pass(1)
        #expect(
            try bench.see(links(), hosts: [hosts[0], "y"]) == ["backend_removed 10.1.0.2 down>"])
    }

    /// A first view with such rows is no baseline: what stands in them would be told as new.
    @Test func baselineWaitsForWhatCanBeRead() throws {
        var bench = TrackerBench()
        let hosts = ["10.1.0.1\t100\t0\t\tU\t0", "10.1.0.2\t100\t0\t\tU\t0"]
        #expect(try bench.see([own, "x"], hosts: hosts) == ["director_reachable"])
        bench.pass(1)
        #expect(try bench.see([own], hosts: [hosts[0], "y"]) == [])
        bench.pass(1)
        #expect(try bench.see([own], hosts: hosts) == [])
        #expect(bench.tracker.view.hasBaseline)
        bench.pass(1)
        #expect(try bench.see([own], hosts: [hosts[0]]) == ["backend_removed 10.1.0.2 up>"])

        bench = TrackerBench()
        #expect(try bench.see([own], hosts: [hosts[0], "y"]) == ["director_reachable"])
        bench.pass(60)
        #expect(try bench.see([own], hosts: [hosts[0], "y"]) == [])
        bench.pass(1)
        #expect(try bench.see([own], hosts: hosts) == ["backend_added 10.1.0.2 >up"])
    }
}
