import AdminProbe
import Testing

@testable import LinkProbe

/// Which connection is which link's, and how long what is sent over it has waited.
struct LinkProbeTests {
    private let kernel = FakeDiagnosis()
    private let probe: LinkProbe
    private let start = MonotonicTime(nanoseconds: 1_000_000_000_000)

    init() {
        probe = LinkProbe(kernel)
    }

    private func link(dialled: Bool, received: UInt64, sent: UInt64) -> LinkProbe.Link {
        LinkProbe.Link(
            peer: TCPEndpoint("192.0.2.2", 9090), isDialled: dialled,
            bytesReceived: received, bytesSent: sent)
    }

    private func read(_ links: [LinkProbe.Link], after seconds: Int = 0) throws
        -> [LinkProbe.Reading?]
    {
        try probe.read(links, acceptedOn: 9090, at: start + .seconds(seconds))
    }

    @Test func twoMembersAreLinkedTwiceAndEachLinkHasItsConnection() throws {
        var dialled = DiagnosedSocket(
            local: 40_000, remote: 9090, cookie: 1, received: 500, acknowledged: 901)
        dialled.roundTripMicroseconds = 1500
        var accepted = DiagnosedSocket(
            local: 9090, remote: 50_000, cookie: 2, received: 900, acknowledged: 500)
        accepted.retransmittedSegments = 7
        kernel.sockets = [accepted, dialled]
        let readings = try read([
            link(dialled: true, received: 500, sent: 900),
            link(dialled: false, received: 900, sent: 500),
        ])
        #expect(readings[0]?.roundTripSeconds == 0.0015)
        #expect(readings[0]?.retransmittedSegments == 0)
        #expect(readings[1]?.retransmittedSegments == 7)
        #expect(probe.foundCount == 2)
    }

    @Test func othersFromTheSamePeerAreToldByTheirCounters() throws {
        var real = DiagnosedSocket(
            local: 9090, remote: 50_001, cookie: 2, received: 80_000, acknowledged: 70_000)
        real.retransmittedSegments = 3
        kernel.sockets = [
            // A scan, a monitor's connect, and a link that has just been given up.
            DiagnosedSocket(local: 9090, remote: 50_000, cookie: 1),
            DiagnosedSocket(
                local: 9090, remote: 50_002, cookie: 3, received: 80_100, acknowledged: 10),
            real,
            DiagnosedSocket(
                local: 9090, remote: 50_003, cookie: 4, received: 500, acknowledged: 500),
        ]
        let readings = try read([link(dialled: false, received: 80_000, sent: 70_000)])
        #expect(readings[0]?.retransmittedSegments == 3)
        // The director reads on; so does its connection.
        kernel.sockets[2].bytesReceived = 90_000
        kernel.sockets[2].retransmittedSegments = 4
        let later = try read([link(dialled: false, received: 90_000, sent: 70_000)], after: 1)
        #expect(later[0]?.retransmittedSegments == 4)
    }

    @Test func aConnectionIsLookedForOnceAndThenAskedFor() throws {
        kernel.sockets = [DiagnosedSocket(local: 40_000, remote: 9090, cookie: 1)]
        for second in 0..<60 {
            let readings = try read([link(dialled: true, received: 0, sent: 0)], after: second)
            #expect(readings[0] != nil)
        }
        #expect(kernel.searches == 1)
    }

    @Test func whatIsNotThereIsLookedForLessAndLess() throws {
        for second in 0..<300 {
            let readings = try read([link(dialled: true, received: 9, sent: 9)], after: second)
            #expect(readings == [nil])
        }
        // After 0, 1, 3, 7, 15, 31, 61 ... s.
        #expect(kernel.searches == 14)
        #expect(probe.foundCount == 0)
    }

    @Test func aConnectionThatEndedIsReplacedAtOnce() throws {
        kernel.sockets = [
            DiagnosedSocket(local: 40_000, remote: 9090, cookie: 1, received: 900, acknowledged: 900)
        ]
        _ = try read([link(dialled: true, received: 900, sent: 900)])
        // The same ports again, by chance: another cookie.
        kernel.sockets = [
            DiagnosedSocket(local: 40_000, remote: 9090, cookie: 2, received: 5, acknowledged: 6)
        ]
        let readings = try read([link(dialled: true, received: 5, sent: 5)], after: 1)
        #expect(readings[0] != nil)
        #expect(kernel.searches == 2)
    }

    @Test func acknowledgedDataDoesNotWait() throws {
        kernel.sockets = [
            DiagnosedSocket(local: 40_000, remote: 9090, cookie: 1, received: 9, acknowledged: 9)
        ]
        let readings = try read([link(dialled: true, received: 9, sent: 9)])
        #expect(readings[0]?.unacknowledgedFor == nil)
    }

    @Test func waitingIsToldFromTheSecondRetransmissionOnAndCountedFromTheFirstSight() throws {
        kernel.sockets = [
            DiagnosedSocket(local: 40_000, remote: 9090, cookie: 1, received: 9, acknowledged: 9)
        ]
        let links = [link(dialled: true, received: 9, sent: 30)]
        func waited(after second: Int) throws -> Duration? {
            try read(links, after: second)[0]?.unacknowledgedFor
        }
        _ = try waited(after: 0)
        kernel.sockets[0].unacknowledgedSegments = 1
        #expect(try waited(after: 1) == nil)
        kernel.sockets[0].retransmissionsInARow = 1
        #expect(try waited(after: 2) == nil)
        kernel.sockets[0].retransmissionsInARow = 2
        #expect(try waited(after: 3) == .seconds(2))
        kernel.sockets[0].retransmissionsInARow = 5
        #expect(try waited(after: 10) == .seconds(9))
        // Some of it arrives: the rest waits from now on.
        kernel.sockets[0].bytesAcknowledged = 20
        #expect(try waited(after: 11) == .zero)
        #expect(try waited(after: 14) == .seconds(3))
        kernel.sockets[0].bytesAcknowledged = 30
        kernel.sockets[0].unacknowledgedSegments = 0
        kernel.sockets[0].retransmissionsInARow = 0
        #expect(try waited(after: 15) == nil)
        // A new wait does not inherit the old one's time.
        kernel.sockets[0].unacknowledgedSegments = 1
        kernel.sockets[0].retransmissionsInARow = 3
        #expect(try waited(after: 20) == .zero)
    }

    @Test func whatHasBeenSentAgainBeforeTheFirstSightHasWaitedForThat() throws {
        kernel.sockets = [
            DiagnosedSocket(local: 40_000, remote: 9090, cookie: 1, received: 9, acknowledged: 9)
        ]
        kernel.sockets[0].unacknowledgedSegments = 1
        kernel.sockets[0].retransmissionsInARow = 3
        kernel.sockets[0].retransmittingMicroseconds = 1_400_000
        let links = [link(dialled: true, received: 9, sent: 30)]
        #expect(try read(links)[0]?.unacknowledgedFor == .milliseconds(1400))
        kernel.sockets[0].retransmittingMicroseconds = 3_000_000
        #expect(try read(links, after: 1)[0]?.unacknowledgedFor == .milliseconds(2400))
    }

    @Test func aConnectWithoutAnAnswerWaitsFromItsFirstSight() throws {
        var pending = DiagnosedSocket(local: 40_000, remote: 9090, cookie: 1)
        pending.isConnecting = true
        kernel.sockets = [pending]
        let links = [link(dialled: true, received: 0, sent: 0)]
        #expect(try read(links)[0]?.unacknowledgedFor == .zero)
        #expect(try read(links, after: 4)[0]?.unacknowledgedFor == .seconds(4))
        // Answered.
        kernel.sockets[0].isConnecting = false
        #expect(try read(links, after: 5)[0]?.unacknowledgedFor == nil)
    }

    @Test func severalLinksWithOnePeerOnOneSideAreMatchedOneToOne() throws {
        kernel.sockets = [
            DiagnosedSocket(local: 9090, remote: 1, cookie: 1, received: 100, acknowledged: 100),
            DiagnosedSocket(local: 9090, remote: 2, cookie: 2, received: 5000, acknowledged: 4000),
        ]
        kernel.sockets[0].retransmittedSegments = 1
        kernel.sockets[1].retransmittedSegments = 2
        let readings = try read([
            link(dialled: false, received: 5000, sent: 4000),
            link(dialled: false, received: 100, sent: 100),
        ])
        #expect(readings.map { $0?.retransmittedSegments } == [2, 1])
    }

    @Test func aKernelThatRefusesIsToldAndForgotten() throws {
        kernel.fault = ProbeFault(message: "no", remedy: "yes")
        #expect(throws: ProbeFault.self) {
            try read([link(dialled: true, received: 0, sent: 0)])
        }
        kernel.fault = nil
        kernel.sockets = [DiagnosedSocket(local: 40_000, remote: 9090, cookie: 1)]
        #expect(try read([link(dialled: true, received: 0, sent: 0)])[0] != nil)
    }
}
