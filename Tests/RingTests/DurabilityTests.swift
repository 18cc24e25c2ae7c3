import Foundation
import Testing

/// No change is lost, whatever happens to the exporter and to the journal.
@Suite(.enabled(if: Lab.isUsable)) struct DurabilityTests {
    private func ready(_ sidecar: Sidecar) async throws {
        let isUp = try await eventually(within: .seconds(20)) { sidecar.scrape()["up"] == 1 }
        try #require(isUp, "\((try? String(contentsOfFile: sidecar.log, encoding: .utf8)) ?? "")")
    }

    private func memberEvents(_ ring: Ring, since: Date) throws -> [String] {
        try Journal.events(of: ring.member(1), since: since).map(\.text)
            .filter { $0.hasPrefix("member_") || $0.hasPrefix("backend_") }
    }

    @Test func changeWhileTheExporterIsDown() async throws {
        let ring = try Ring(net: 41, members: 2)
        let sidecar = try Sidecar(socket: ring.socket(1))
        try await ready(sidecar)
        // The baseline has to be on disk before the kill.
        #expect(
            try await eventually(within: .seconds(10)) {
                sidecar.scrape()["exporter_events_pending"] == 0
            })
        let since = try Journal.now()
        sidecar.kill9()
        try ring.doveadm(1, "director", "ring", "add", "127.0.41.9")
        try ring.doveadm(1, "director", "down", ring.backend(1))
        try sidecar.start()
        let expected = ["member_added 127.0.41.9:9090", "backend_down 127.1.41.1"]
        #expect(
            try await eventually(within: .seconds(20)) {
                try memberEvents(ring, since: since) == expected
            })
        let events = try Journal.events(of: ring.member(1), since: since).map(\.event)
        #expect(!events.contains { $0.hasPrefix("director_") })
        // A clean stop and start repeats nothing.
        #expect(sidecar.stop() == 0)
        try sidecar.start()
        try await ready(sidecar)
        #expect(try memberEvents(ring, since: since) == expected)
        #expect(
            sidecar.scrape()["exporter_last_known_director_info{director=\"\(ring.member(1))\"}"]
                == 1)
    }

    /// The exporter is killed again and again while members and backends come and go.
    @Test func killsAtRandomMoments() async throws {
        let ring = try Ring(net: 42, members: 1)
        let sidecar = try Sidecar(
            socket: ring.socket(1), ["--director.poll-interval=100ms"])
        try await ready(sidecar)
        let since = try Journal.now()
        var expected: [String] = []
        for round in 0..<12 {
            let backend = "127.1.42.\(100 + round)"
            try ring.doveadm(1, "director", "add", backend, "10")
            expected.append("backend_added \(backend)")
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...250)))
            sidecar.kill9()
            try sidecar.start()
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...250)))
        }
        #expect(
            try await eventually(within: .seconds(30)) {
                try memberEvents(ring, since: since).count >= expected.count
            })
        #expect(try memberEvents(ring, since: since) == expected)
    }

    @Test func withoutAJournalEventsAreShownAndKept() async throws {
        let ring = try Ring(net: 43, members: 1)
        let sidecar = try Sidecar(
            socket: ring.socket(1),
            wrapper: [
                "unshare", "-m", "sh", "-c", "mount -t tmpfs none /run/systemd && exec \"$0\" \"$@\"",
            ])
        try await ready(sidecar)
        try ring.doveadm(1, "director", "down", ring.backend(1))
        #expect(
            try await eventually(within: .seconds(20)) {
                sidecar.scrape()["exporter_events_pending"] == 2
            })
        #expect(
            try await eventually(within: .seconds(10)) {
                let log = try String(contentsOfFile: sidecar.log, encoding: .utf8)
                return log.contains("event=backend_down") && log.contains("event=director_reachable")
            })
        #expect(sidecar.stop() == 0)
    }

    /// More changes than the socket of a journald that is away can hold, a kill in that state, and
    /// another change while the exporter is down.
    @Test func journaldStoppedAndStarted() async throws {
        let ring = try Ring(net: 44, members: 1)
        let journal = try PrivateJournal()
        let sidecar = try Sidecar(
            socket: ring.socket(1), ["--director.poll-interval=100ms"], wrapper: journal.prefix)
        try await ready(sidecar)
        #expect(
            try await eventually(within: .seconds(10)) {
                sidecar.scrape()["exporter_events_pending"] == 0
            })
        let since = try Journal.now()
        try journal.control("stop-journald")

        let backends = (0..<600).map { "127.2.\($0 / 200).\($0 % 200 + 1)" }
        var expected = backends.map { "backend_added \($0)" }
        let replies = try ring.ask(backends.map { "HOST-SET\t\($0)\t1" })
        #expect(replies == Array(repeating: "OK", count: backends.count))
        #expect(
            try await eventually(within: .seconds(10)) {
                sidecar.scrape()["events_total{event=\"backend_added\"}"] == Double(backends.count)
            })
        // The journal blocks; the poll and HTTP go on, and nothing is lost by a kill.
        #expect((sidecar.scrape()["exporter_events_pending"] ?? 0) > 0)
        let polled = sidecar.scrape()["last_successful_poll_timestamp_seconds"] ?? 0
        #expect(
            try await eventually(within: .seconds(10)) {
                (sidecar.scrape()["last_successful_poll_timestamp_seconds"] ?? 0) > polled
            })
        sidecar.kill9()
        try ring.doveadm(1, "director", "down", ring.backend(1))
        expected.append("backend_down 127.1.44.1")
        try sidecar.start()
        try await ready(sidecar)

        try journal.control("start-journald")
        var texts: [String] = []
        let arrived = try await eventually(within: .seconds(60), every: .seconds(1)) {
            texts = try journal.events(of: ring.member(1), since: since).map(\.text)
                .filter { $0.hasPrefix("backend_") }
            return texts.count >= expected.count
        }
        #expect(arrived, "\(texts.count) of \(expected.count)")
        #expect(texts.sorted() == expected.sorted())
        #expect(
            try await eventually(within: .seconds(20)) {
                sidecar.scrape()["exporter_events_pending"] == 0
            })
    }
}
