import Foundation
import Testing

/// Each fault at each state of the connection: what the metrics, the log and the events make of it,
/// and that the exporter recovers without help.
@Suite(.enabled(if: Stage.isUsable)) struct ConnectionFaultTests {
    /// Faults that are tried at the same time, each at a member of its own.
    struct Batch: Sendable, CustomTestStringConvertible {
        let number: Int
        let faults: [FaultCase]

        var testDescription: String { "batch \(number)" }

        static let all: [Batch] = {
            let faults = Lab.runsEverything ? FaultCase.all : FaultCase.some
            let size = 14
            return stride(from: 0, to: faults.count, by: size).enumerated().map { number, start in
                Batch(number: number, faults: Array(faults[start..<min(start + size, faults.count)]))
            }
        }()
    }

    @Test(.serialized, arguments: Batch.all)
    func faultAtEachState(_ batch: Batch) async throws {
        let flags = ["--users=600", "--logins=0"]
        let shared = try SimulatedRing(members: max(3, batch.faults.count), flags)
        let complaints = try await withThrowingTaskGroup(of: [String].self) { group in
            for (index, fault) in batch.faults.enumerated() {
                let simulator = fault.isGreedy ? try SimulatedRing(members: 3, flags) : shared
                let trial = FaultTrial(
                    fault: fault, simulator: simulator, number: fault.isGreedy ? 2 : index + 1)
                group.addTask { try await onThread { try trial.complaints() } }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(complaints.isEmpty, "\(complaints.joined(separator: "\n"))")
    }

    /// Old versions say less: what they don't say is absent, and a fault leads to the same.
    @Test(arguments: ["2.1.0", "2.2.16", "2.2.19", "2.2.33", "2.3"])
    func everyVersion(_ version: String) async throws {
        let simulator = try SimulatedRing(
            members: 3, ["--users=600", "--logins=0", "--version-of=\(version)"])
        let sidecar = try Sidecar(
            socket: simulator.socket(2),
            ["--director.poll-interval=200ms", "--director.timeout=1s", "--no-director.link-probe"])
        func read() -> FaultPage { FaultPage(LocalStream.page(port: sidecar.port)) }
        let hosts = try simulator.lists(2).hosts
        func isWhole(_ page: FaultPage) -> Bool {
            page.isUp && page["ring_member{director=\"192.0.2.3:9090\"}"] == 1
                && hosts.allSatisfy { row in
                    page["backend_users{backend=\"\(row[0])\",tag=\"\"}"] == Double(row[2])
                }
        }
        #expect(try await eventually(within: .seconds(20)) { isWhole(read()) })
        let page = read()
        let backend = "{backend=\"198.51.100.1\",tag=\"\"}"
        #expect((page["backend_up\(backend)"] == nil) == ["2.1.0", "2.2.16"].contains(version))
        #expect((page["ring_synced"] == nil) == (version == "2.1.0"))
        let link = "{director=\"192.0.2.3:9090\",side=\"right\"}"
        #expect((page["ring_connection_ping_seconds\(link)"] == nil) == (version != "2.3"))
        #expect(page.rejectedRows == 0)

        try simulator.order("fault silence at=DIRECTOR-LIST rows=1")
        #expect(
            try await eventually(within: .seconds(20)) {
                let page = read()
                return !page.isUp && page.failures.keys.elementsEqual(["timeout"])
                    && page.lies(MemberTruth(WireLists(hosts: [], directors: [])), mayRejectRows: false).isEmpty
            })
        try simulator.order("clear")
        #expect(try await eventually(within: .seconds(20)) { isWhole(read()) })
        #expect(Set(read().events.keys) == ["director_reachable", "director_unreachable"])
    }

    /// A director that stops, is started again, is replaced at once, or stands still.
    @Test func directorGoesAndComes() async throws {
        let simulator = try SimulatedRing(members: 3, ["--users=60", "--logins=0"])
        let sidecar = try Sidecar(
            socket: simulator.socket(2),
            ["--director.poll-interval=100ms", "--director.timeout=1s", "--no-director.link-probe"])
        func read() -> FaultPage { FaultPage(LocalStream.page(port: sidecar.port)) }
        func wait(_ condition: (FaultPage) -> Bool) async throws -> Bool {
            try await eventually(within: .seconds(20), every: .milliseconds(50)) {
                let page = read()
                return !page.isEmpty && condition(page)
            }
        }
        #expect(try await wait(\.isUp))

        try simulator.order("crash 2")
        #expect(try await wait { !$0.isUp && $0.failures["refused"] != nil })
        try simulator.order("start 2")
        #expect(try await wait { $0.isUp && $0.events["director_reachable"] == 2 })
        try simulator.order("wait 60s")

        // Gone and there again between two polls: no outage.
        let failures = read().failureCount
        try simulator.order("restart 2")
        #expect(try await wait { $0.isUp && ($0.events["director_restarted"] ?? 0) >= 1 })
        #expect(read().failureCount == failures)

        try simulator.order("hang 2")
        #expect(try await wait { !$0.isUp && $0.failures["timeout"] != nil })
        try simulator.order("resume 2")
        #expect(try await wait(\.isUp))
        // What the director found in its queue is gone again.
        #expect(try await eventually(within: .seconds(20)) { try simulator.connections(2) == 1 })
        let log = FaultLog(of: sidecar)
        #expect(log.count("the director can't be asked") == 2)
        #expect(log.count("the director answers again") == 2)
    }

    /// The metrics of both sides of a split are those of each side.
    @Test(.enabled(if: Lab.runsEverything)) func split() async throws {
        let simulator = try SimulatedRing(members: 3)
        let sidecars = try (1...3).map { number in
            try Sidecar(
                socket: simulator.socket(number),
                ["--director.poll-interval=200ms", "--no-director.link-probe"])
        }
        func pages() -> [FaultPage] { sidecars.map { FaultPage(LocalStream.page(port: $0.port)) } }
        #expect(try await eventually(within: .seconds(20)) { pages().allSatisfy(\.isUp) })
        try simulator.order("split 1 | 2,3")
        #expect(
            try await eventually(within: .seconds(150), every: .seconds(1)) {
                let pages = pages()
                return pages[0]["ring_isolated"] == 1 && pages[1]["ring_isolated"] == 0
                    && pages[1]["ring_expected_neighbor_linked{director=\"192.0.2.1:9090\",side=\"left\"}"] == 0
                    && pages[1]["ring_neighbor{director=\"192.0.2.3:9090\",side=\"right\"}"] == 1
            })
        try simulator.order("heal")
        #expect(
            try await eventually(within: .seconds(150), every: .seconds(1)) {
                pages().allSatisfy { page in
                    page.isUp && page["ring_isolated"] == 0 && page["ring_synced"] == 1
                        && page["ring_expected_neighbor_linked{director=\"192.0.2.1:9090\",side=\"left\"}"] ?? 1 == 1
                }
            })
        #expect(pages()[0].events["ring_isolated"] == 1)
        #expect(pages().allSatisfy { $0.events["director_unreachable"] == nil })
    }
}
