import Foundation
import Testing

/// Real rings, real sidecars, the real journal: each case asserts metrics and journal entries.
@Suite(.enabled(if: Lab.isUsable)) struct RingTests {
    /// A sidecar beside each member, all of which see a whole ring.
    private func sidecars(_ ring: Ring) async throws -> [Sidecar] {
        let sidecars = try (1...ring.size).map { try Sidecar(socket: ring.socket($0)) }
        for sidecar in sidecars {
            let isWhole = try await eventually(within: .seconds(20)) { sidecar.scrape().isWhole }
            try #require(isWhole, "\(sidecar.scrape().text)")
        }
        return sidecars
    }

    private func expectEvents(
        _ expected: [String], of member: String, since: Date, within limit: Duration = .seconds(20),
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        var texts: [String] = []
        let arrived = try await eventually(within: limit) {
            texts = try Journal.events(of: member, since: since).map(\.text)
            return Set(expected).isSubset(of: texts)
        }
        #expect(
            arrived, "\(member): expected \(expected), the journal has \(texts)",
            sourceLocation: location)
    }

    @Test func standaloneDirector() async throws {
        let ring = try Ring(net: 31, members: 1, standalone: true)
        let since = try Journal.now()
        let sidecar = try Sidecar(socket: ring.socket(1))
        #expect(try await eventually(within: .seconds(20)) { sidecar.scrape()["up"] == 1 })
        let metrics = sidecar.scrape()
        #expect(metrics.count("ring_member") == 1)
        #expect(metrics.count("ring_expected_neighbor_linked") == 0)
        #expect(metrics["ring_isolated"] == 0)
        let own = try #require(metrics.text.firstMatch(of: /self_info\{director="([^"]+:0)"\}/)).1
        try await expectEvents(["director_reachable"], of: String(own), since: since)
        #expect(sidecar.stop() == 0)
    }

    @Test func ringOfOne() async throws {
        let ring = try Ring(net: 32, members: 1)
        let sidecars = try await sidecars(ring)
        #expect(sidecars[0].scrape().count("ring_expected_neighbor_linked") == 0)
        let since = try Journal.now()
        try ring.doveadm(1, "director", "down", ring.backend(1))
        try ring.doveadm(1, "director", "update", ring.backend(2), "0")
        try ring.doveadm(1, "director", "add", "-t", "blue", "127.1.32.30", "50")
        try ring.doveadm(1, "director", "remove", ring.backend(3))
        try await expectEvents(
            [
                "backend_down 127.1.32.1", "backend_vhosts_changed 127.1.32.2",
                "backend_added 127.1.32.30", "backend_removed 127.1.32.3",
            ], of: ring.member(1), since: since)
        let metrics = sidecars[0].scrape()
        #expect(metrics["backend_up{backend=\"127.1.32.1\",tag=\"\"}"] == 0)
        #expect(metrics["backend_vhosts{backend=\"127.1.32.2\",tag=\"\"}"] == 0)
        #expect(metrics["backend_vhosts{backend=\"127.1.32.30\",tag=\"blue\"}"] == 50)
        #expect(metrics["backend_up{backend=\"127.1.32.3\",tag=\"\"}"] == nil)
        #expect((metrics["backend_state_change_timestamp_seconds{backend=\"127.1.32.1\",tag=\"\"}"] ?? 0) > 0)

        try ring.doveadm(1, "director", "up", ring.backend(1))
        try await expectEvents(["backend_up 127.1.32.1"], of: ring.member(1), since: since)
        let added = try Journal.events(of: ring.member(1), since: since)
            .first { $0.event == "backend_added" }
        #expect(added?["DIRECTOR_TAG"] == "blue")
        #expect(added?["DIRECTOR_NEW"] == "up")
        let vhosts = try Journal.events(of: ring.member(1), since: since)
            .first { $0.event == "backend_vhosts_changed" }
        #expect(vhosts?["DIRECTOR_OLD"] == "100")
        #expect(vhosts?["DIRECTOR_NEW"] == "0")
    }

    /// What the page says is what `doveadm` says of the same socket.
    @Test func metricsAgreeWithDoveadm() async throws {
        let ring = try Ring(net: 33, members: 3)
        let sidecars = try await sidecars(ring)
        try ring.run("users", "1", "50")
        try ring.doveadm(2, "director", "down", ring.backend(4))
        for (index, sidecar) in sidecars.enumerated() {
            var difference = ""
            let agrees = try await eventually(within: .seconds(30)) {
                difference = try compare(sidecar.scrape(), ring, index + 1)
                return difference.isEmpty
            }
            #expect(agrees, "\(difference)")
        }
    }

    /// The first difference between a page and doveadm; counters move, so it is asked for again.
    private func compare(_ metrics: Metrics, _ ring: Ring, _ number: Int) throws -> String {
        func rows(_ text: String) throws -> [[String: String]] {
            let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
            return object as? [[String: String]] ?? []
        }
        let hosts = try rows(ring.doveadm(number, "-f", "json", "director", "status"))
        guard hosts.count == metrics.count("backend_users"), !hosts.isEmpty else {
            return "doveadm has \(hosts.count) backends"
        }
        for host in hosts {
            let labels = "{backend=\"\(host["mail server ip"] ?? "")\",tag=\"\(host["tag"] ?? "")\"}"
            let pairs = [
                ("backend_users", host["users"]), ("backend_vhosts", host["vhosts"]),
                ("backend_up", host["state"] == "up" ? "1" : "0"),
            ]
            for (name, value) in pairs where metrics[name + labels] != Double(value ?? "x") {
                return "\(name)\(labels): \(value ?? "")"
            }
        }
        let links = try rows(ring.doveadm(number, "-f", "json", "director", "ring", "status"))
        for row in links {
            let member = "\(row["director ip"] ?? ""):\(row["port"] ?? "")"
            let type = row["type"] ?? ""
            guard metrics["ring_member{director=\"\(member)\"}"] == 1 else { return "no \(member)" }
            guard type != "self" else {
                if metrics["ring_synced"] != (row["status"] == "ring synced" ? 1 : 0) {
                    return "status \(row)"
                }
                continue
            }
            guard !type.isEmpty else { continue }
            let labels = "{director=\"\(member)\",side=\"\(type)\"}"
            let pairs = [
                ("received_bytes_total", row["input"]), ("sent_bytes_total", row["output"]),
                ("buffered_bytes", row["buffered"]), ("buffered_peak_bytes", row["buffered peak"]),
                ("synced", row["status"] == "synced" ? "1" : "0"),
            ]
            for (name, value) in pairs
            where metrics["ring_connection_" + name + labels] != Double(value ?? "x") {
                return "\(name)\(labels): \(value ?? "")"
            }
        }
        return ""
    }

    @Test func partitionOfTwoAndHealing() async throws {
        let ring = try Ring(net: 34, members: 2)
        let sidecars = try await sidecars(ring)
        let since = try Journal.now()
        try ring.run("cut", "1", "2")
        // Dovecot drops the link after 30 to 45 s and then, later, calls both halves synced.
        for (number, other) in [(1, 2), (2, 1)] {
            try await expectEvents(
                [
                    "link_silent \(ring.member(other)) left", "link_down \(ring.member(other)) left",
                    "link_silent \(ring.member(other)) right",
                    "link_down \(ring.member(other)) right", "ring_isolated", "ring_unsynced",
                ], of: ring.member(number), since: since, within: .seconds(60))
            let metrics = sidecars[number - 1].scrape()
            #expect(metrics["ring_isolated"] == 1)
            #expect(metrics.count("ring_member") == 2)
            #expect(metrics.count("ring_neighbor") == 0)
            for side in ["left", "right"] {
                #expect(
                    metrics[
                        "ring_expected_neighbor_linked{director=\"\(ring.member(other))\",side=\"\(side)\"}"
                    ] == 0)
            }
        }
        try ring.run("heal")
        for number in 1...2 {
            try await expectEvents(
                ["ring_rejoined", "ring_synced"], of: ring.member(number), since: since,
                within: .seconds(90))
            let isWhole = try await eventually(within: .seconds(60)) {
                sidecars[number - 1].scrape().isWhole
            }
            #expect(isWhole)
        }
        let events = try Journal.events(of: ring.member(1), since: since)
        #expect(!events.contains { $0.event.hasPrefix("member_") || $0.event.hasPrefix("director_") })
        let isolated = events.filter { $0.event == "ring_isolated" }
        #expect(isolated.map { $0["PRIORITY"] } == ["2"])
        #expect(isolated.first?["DIRECTOR_RING_SIZE"] == "2")
        #expect(
            isolated.first?["DIRECTOR_RING_MEMBERS"] == "\(ring.member(1)) \(ring.member(2))")
    }

    @Test func crashAndReturn() async throws {
        let ring = try Ring(net: 35, members: 3)
        let sidecars = try await sidecars(ring)
        let since = try Journal.now()
        try ring.run("crash", "2")
        try await expectEvents(["director_unreachable"], of: ring.member(2), since: since)
        try await expectEvents(
            ["link_down \(ring.member(2)) right"], of: ring.member(1), since: since)
        let down = sidecars[1].scrape()
        #expect(down["up"] == 0)
        #expect(down.count("ring_member") == 0)
        #expect(down.count("backend_users") == 0)
        #expect(down["exporter_last_known_director_info{director=\"\(ring.member(2))\"}"] == 1)
        #expect((down["last_successful_poll_timestamp_seconds"] ?? 0) > 0)
        try ring.run("start", "2")
        try ring.run("wait", "60")
        try await expectEvents(
            ["director_reachable", "director_restarted"], of: ring.member(2), since: since)
        try await expectEvents(
            ["link_up \(ring.member(2)) right"], of: ring.member(1), since: since)
        for sidecar in sidecars {
            #expect(try await eventually(within: .seconds(20)) { sidecar.scrape().isWhole })
        }
        let unreachable = try Journal.events(of: ring.member(2), since: since)
            .filter { $0.event == "director_unreachable" }
        #expect(unreachable.count == 1)
    }

    @Test func ringRemoveAndAdd() async throws {
        let ring = try Ring(net: 36, members: 4)
        let sidecars = try await sidecars(ring)
        let since = try Journal.now()
        try ring.doveadm(1, "director", "ring", "remove", "127.0.36.4")
        for number in 1...3 {
            try await expectEvents(
                ["member_removed \(ring.member(4))"], of: ring.member(number), since: since)
            let metrics = sidecars[number - 1].scrape()
            #expect(metrics["ring_member{director=\"\(ring.member(4))\"}"] ?? 0 == 0)
            #expect(metrics["ring_member_position{director=\"\(ring.member(3))\"}"] == 2)
        }
        #expect(
            try await eventually(within: .seconds(20)) {
                sidecars[0].scrape().neighbor(ring.member(3), "left") == 1
            })
        try ring.doveadm(1, "director", "ring", "add", "127.0.36.4")
        try ring.run("wait", "90")
        for number in 1...3 {
            try await expectEvents(
                ["member_added \(ring.member(4))"], of: ring.member(number), since: since)
            let changes = try Journal.events(of: ring.member(number), since: since)
                .filter { $0.event.hasPrefix("member_") }
            #expect(changes.map(\.event) == ["member_removed", "member_added"])
            #expect(changes.map { $0["DIRECTOR_RING_SIZE"] } == ["3", "4"])
        }
        for sidecar in sidecars {
            #expect(try await eventually(within: .seconds(60)) { sidecar.scrape().isWhole })
        }
    }

    @Test func reloadAndRestart() async throws {
        let ring = try Ring(net: 37, members: 2)
        let sidecars = try await sidecars(ring)
        try ring.run("reload", "1")
        #expect(try await eventually(within: .seconds(20)) { sidecars[0].scrape().isWhole })
        let reloaded = sidecars[0].scrape()
        for reason in ["disconnected", "not_found", "refused", "timeout"] {
            #expect(reloaded["poll_failures_total{reason=\"\(reason)\"}"] == 0)
        }
        // Dovecot 2.3.19 replaces the director process at a reload, so that this can be a restart.
        try ring.run("wait", "30")
        #expect(try await eventually(within: .seconds(20)) { sidecars[0].scrape().isWhole })

        let since = try Journal.now()
        try ring.run("restart", "1")
        try ring.run("wait", "60")
        try await expectEvents(["director_restarted"], of: ring.member(1), since: since)
        let events = try Journal.events(of: ring.member(1), since: since)
        #expect(events.filter { $0.event == "director_restarted" }.count == 1)
        #expect(!events.contains { $0.event.hasPrefix("member_") || $0.event.hasPrefix("backend_") })
        #expect(!events.contains { $0.event == "link_reset" })
        let other = try Journal.events(of: ring.member(2), since: since)
        #expect(!other.contains { $0.event.hasPrefix("director_") })
    }
}
