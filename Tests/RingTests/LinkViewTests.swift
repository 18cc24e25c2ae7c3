import Foundation
import Testing

/// What the kernel says of the links of real directors.
@Suite(.enabled(if: Lab.isUsable)) struct LinkViewTests {
    private static let since = "ring_connection_tcp_unacknowledged_since_timestamp_seconds"

    /// How many links of a page wait for an acknowledgement.
    private func waiting(_ metrics: Metrics) -> Int { metrics.count(Self.since) }

    @Test func aDeadNetworkWaitsAndAHungDirectorDoesNot() async throws {
        let ring = try Ring(net: 61, members: 3)
        let sidecar = try Sidecar(socket: ring.socket(1))
        let traffic = try ring.startTraffic()
        defer { traffic.terminate() }
        let isFound = try await eventually(within: .seconds(30)) {
            let metrics = sidecar.scrape()
            return metrics.isWhole && metrics["exporter_link_probe_up"] == 1
        }
        try #require(isFound, "\(sidecar.scrape().text)")
        let healthy = sidecar.scrape()
        for (member, side) in [(ring.member(2), "right"), (ring.member(3), "left")] {
            let labels = "{director=\"\(member)\",side=\"\(side)\"}"
            #expect(healthy["ring_connection_tcp_retransmitted_segments_total" + labels] != nil)
            let roundTrip = try #require(
                healthy["ring_connection_tcp_round_trip_seconds" + labels])
            #expect(roundTrip > 0 && roundTrip < 1)
        }
        #expect(waiting(healthy) == 0)

        // The director of 2 stands still, and its host acknowledges: nothing waits for long.
        try ring.run("hang", "2")
        let isSilent = try await eventually(within: .seconds(25)) {
            let metrics = sidecar.scrape()
            guard
                let heard = metrics[
                    "ring_connection_last_input_timestamp_seconds{director=\"\(ring.member(2))\","
                        + "side=\"right\"}"]
            else { return false }
            #expect(waiting(metrics) == 0)
            return Date().timeIntervalSince1970 - heard > 8
        }
        #expect(isSilent)
        try ring.run("resume", "2")
        try ring.run("wait", "60")

        let began = try Journal.now()
        let cut = Date()
        try ring.run("cut", "1", "2,3")
        let isSeen = try await eventually(within: .seconds(20)) {
            waiting(sidecar.scrape()) == 2
        }
        #expect(isSeen)
        print("LINK both links of a cut member wait after \(Date().timeIntervalSince(cut)) s")
        let value = try #require(
            sidecar.scrape()["\(Self.since){director=\"\(ring.member(2))\",side=\"right\"}"])
        #expect(abs(value - cut.timeIntervalSince1970) < 5)
        func events() throws -> [String] {
            try Journal.events(of: ring.member(1), since: began).map(\.event)
        }
        #expect(
            try await eventually(within: .seconds(10)) {
                try events().count { $0 == "link_stalled" } == 2
            })
        try ring.run("heal")
        #expect(
            try await eventually(within: .seconds(20)) {
                try events().count { $0 == "link_acknowledged" } == 2
            })
        #expect(try await eventually(within: .seconds(10)) { waiting(sidecar.scrape()) == 0 })
        // It was over before Dovecot noticed.
        let names = try events()
        #expect(!names.contains("link_down"))
    }

    @Test func elsewhereOrTurnedOffEverythingElseGoesOn() async throws {
        let ring = try Ring(net: 62, members: 2)
        func page(_ wrapper: [String], _ arguments: [String] = []) throws -> String {
            try Command.run(
                "env",
                wrapper + [Project.exporter, "--once", "--director.socket=\(ring.socket(1))"]
                    + arguments)
        }
        let isFound = try await eventually(within: .seconds(20)) {
            try page([]).contains("dovecot_director_exporter_link_probe_up 1\n")
        }
        #expect(isFound)
        // Another network namespace has other connections.
        let elsewhere = try page(["unshare", "-n"])
        #expect(elsewhere.contains("dovecot_director_exporter_link_probe_up 0\n"))
        #expect(elsewhere.contains("dovecot_director_up 1\n"))
        #expect(!elsewhere.contains("_tcp_retransmitted_segments_total{"))
        let off = try page([], ["--no-director.link-probe"])
        #expect(off.contains("dovecot_director_up 1\n"))
        #expect(!off.contains("_tcp_") && !off.contains("dovecot_director_exporter_link_probe_up "))
    }
}
