public import AdminProbe

/// Finds the TCP connections of a director's links, and watches whether what is sent over them is
/// acknowledged. Nothing is sent to anybody: the kernel is asked.
///
/// A connection is looked for among all of them once, and proven by its byte counters; from then on
/// exactly it is asked for, so that other connections of the host cost nothing. Not for two threads
/// at once.
public final class LinkProbe {
    /// A link as the director's own list shows it.
    public struct Link: Hashable, Sendable {
        /// The other director, by its ring port.
        public var peer: TCPEndpoint
        /// Whether this director dialled it (`right`, `out`) or the other one did (`left`, `in`).
        public var isDialled: Bool
        public var bytesReceived: UInt64
        public var bytesSent: UInt64

        public init(peer: TCPEndpoint, isDialled: Bool, bytesReceived: UInt64, bytesSent: UInt64) {
            self.peer = peer
            self.isDialled = isDialled
            self.bytesReceived = bytesReceived
            self.bytesSent = bytesSent
        }
    }

    /// What is known of a link's connection.
    public struct Reading: Sendable, Equatable {
        /// How long the oldest data, or the connect, has waited for its acknowledgement; nil as
        /// long as it has been sent again fewer than twice.
        public var unacknowledgedFor: Duration?
        /// Segments that were sent again, in the life of the connection.
        public var retransmittedSegments: UInt32
        /// Smoothed.
        public var roundTripSeconds: Double

        public init(
            unacknowledgedFor: Duration?, retransmittedSegments: UInt32, roundTripSeconds: Double
        ) {
            self.unacknowledgedFor = unacknowledgedFor
            self.retransmittedSegments = retransmittedSegments
            self.roundTripSeconds = roundTripSeconds
        }
    }

    /// What is known of one of the links of the last call.
    private struct Slot {
        let peer: TCPEndpoint
        let isDialled: Bool
        /// Of its connection, once that has been found.
        var identity: DiagnosedSocket.Identity?
        /// When data was first seen to wait, and how much had been acknowledged then.
        var waiting: (since: MonotonicTime, acknowledged: UInt64)?
        /// When to look again for a connection that wasn't found.
        var search: Search?

        init(_ link: Link) {
            peer = link.peer
            isDialled = link.isDialled
        }

        func belongs(to link: Link) -> Bool { peer == link.peer && isDialled == link.isDialled }
    }

    private struct Search {
        var next: MonotonicTime
        var pause: Duration
    }

    /// Data that is on its way, or waits in the kernel for a busy director: the counters need not be
    /// equal.
    private static let slack: UInt64 = 16 << 20
    private static let longestPause = Duration.seconds(30)
    /// Retransmissions in a row from which on waiting is more than a lost packet.
    private static let retransmissions: UInt32 = 2

    private let diagnosis: any SocketDiagnosis
    /// Those of the last call's links, in their order.
    private var slots: [Slot] = []

    /// How many of the links of the last call were found.
    public private(set) var foundCount = 0

    public init(_ diagnosis: any SocketDiagnosis) {
        self.diagnosis = diagnosis
    }

    /// Asks the kernel about links; in their order, nil where a connection isn't found.
    ///
    /// - Parameters:
    ///   - port: the director's own ring port, which others dial.
    ///   - now: when it is asked.
    public func read(
        _ links: [Link], acceptedOn port: UInt16, at now: MonotonicTime
    ) throws(ProbeFault) -> [Reading?] {
        assignSlots(to: links)
        var sockets: [DiagnosedSocket?] = []
        sockets.reserveCapacity(links.count)
        for index in links.indices { sockets.append(try known(links[index], at: index)) }
        try search(links, &sockets, acceptedOn: port, at: now)
        foundCount = sockets.count { $0 != nil }
        return sockets.indices.map { index in
            sockets[index].map { reading(of: $0, at: index, now) }
        }
    }

    /// Of several links with the same peer, the first keeps what the first had, and so on.
    private func assignSlots(to links: [Link]) {
        let isSame =
            slots.count == links.count && slots.indices.allSatisfy { slots[$0].belongs(to: links[$0]) }
        if isSame { return }
        var old = slots
        slots = links.map { link in
            guard let index = old.firstIndex(where: { $0.belongs(to: link) }) else {
                return Slot(link)
            }
            return old.remove(at: index)
        }
    }

    /// The connection that is known for a link, as long as it is its.
    private func known(_ link: Link, at index: Int) throws(ProbeFault) -> DiagnosedSocket? {
        guard let identity = slots[index].identity else { return nil }
        if let socket = try diagnosis.connection(identity), LinkProbe.fits(socket, link) {
            return socket
        }
        slots[index].identity = nil
        slots[index].waiting = nil
        return nil
    }

    /// Looks for those that aren't known among all connections with their peers.
    private func search(
        _ links: [Link], _ sockets: inout [DiagnosedSocket?], acceptedOn port: UInt16,
        at now: MonotonicTime
    ) throws(ProbeFault) {
        let missing = slots.indices.filter { index in
            sockets[index] == nil && slots[index].search.map { $0.next <= now } ?? true
        }
        guard !missing.isEmpty else { return }
        var candidates: [TCPEndpoint: [DiagnosedSocket]] = [:]
        for index in missing where candidates[links[index].peer] == nil {
            candidates[links[index].peer] = try diagnosis.connections(
                with: links[index].peer, acceptedOn: port)
        }
        var taken = Set(sockets.compactMap { $0?.identity })
        // The best match first, so that a stray connection doesn't take a link's place.
        var matches: [(distance: UInt64, index: Int, socket: DiagnosedSocket)] = []
        for index in missing {
            let link = links[index]
            for socket in candidates[link.peer] ?? []
            where LinkProbe.isKind(socket, link, port) && LinkProbe.fits(socket, link) {
                matches.append((LinkProbe.distance(socket, link), index, socket))
            }
        }
        for match in matches.sorted(by: { $0.distance < $1.distance })
        where sockets[match.index] == nil && !taken.contains(match.socket.identity) {
            taken.insert(match.socket.identity)
            sockets[match.index] = match.socket
            slots[match.index].identity = match.socket.identity
            slots[match.index].waiting = nil
        }
        for index in missing {
            if sockets[index] != nil {
                slots[index].search = nil
            } else {
                // A look at all connections is worth its price now and then.
                let pause = min(
                    slots[index].search.map { $0.pause * 2 } ?? .seconds(1), LinkProbe.longestPause)
                slots[index].search = Search(next: now + pause, pause: pause)
            }
        }
    }

    private static func isKind(_ socket: DiagnosedSocket, _ link: Link, _ port: UInt16) -> Bool {
        link.isDialled
            ? socket.identity.remote.port == link.peer.port
            : socket.identity.local.port == port && !socket.isConnecting
    }

    /// Whether the connection's counters may be the link's: the director has read no more than has
    /// arrived, and no more has been acknowledged than it has sent.
    private static func fits(_ socket: DiagnosedSocket, _ link: Link) -> Bool {
        if socket.isConnecting { return link.bytesReceived == 0 && link.bytesSent == 0 }
        return link.bytesReceived <= socket.bytesReceived
            && socket.bytesReceived - link.bytesReceived <= slack
            && socket.bytesAcknowledged <= link.bytesSent &+ slack
    }

    private static func distance(_ socket: DiagnosedSocket, _ link: Link) -> UInt64 {
        let received = socket.bytesReceived - min(socket.bytesReceived, link.bytesReceived)
        let acknowledged = socket.bytesAcknowledged
        let sent =
            acknowledged > link.bytesSent
            ? acknowledged - link.bytesSent : link.bytesSent - acknowledged
        return received.addingReportingOverflow(sent).partialValue
    }

    private func reading(
        of socket: DiagnosedSocket, at index: Int, _ now: MonotonicTime
    ) -> Reading {
        let isWaiting = socket.isConnecting || socket.unacknowledgedSegments > 0
        if !isWaiting {
            slots[index].waiting = nil
        } else if slots[index].waiting?.acknowledged != socket.bytesAcknowledged {
            // The first time, or some has been acknowledged and other data waits now.
            let begin = now + .microseconds(-Int64(socket.retransmittingMicroseconds))
            slots[index].waiting = (begin, socket.bytesAcknowledged)
        }
        var waited: Duration?
        if isWaiting, socket.retransmissionsInARow >= LinkProbe.retransmissions || socket.isConnecting {
            waited = slots[index].waiting.map { now - $0.since }
        }
        return Reading(
            unacknowledgedFor: waited, retransmittedSegments: socket.retransmittedSegments,
            roundTripSeconds: Double(socket.roundTripMicroseconds) / 1e6)
    }
}
