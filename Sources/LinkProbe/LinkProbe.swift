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

    /// A link whose connection has been found.
    private struct Found {
        var identity: DiagnosedSocket.Identity
        /// When data was first seen to wait, and how much had been acknowledged then.
        var waiting: (since: MonotonicTime, acknowledged: UInt64)?
    }

    /// When to look again for a connection that wasn't found.
    private struct Search {
        var next: MonotonicTime
        var pause: Duration
    }

    /// One of several links with the same peer, in the order of the director's list.
    private struct Place: Hashable {
        var peer: TCPEndpoint
        var isDialled: Bool
        var index: Int
    }

    /// Data that is on its way, or waits in the kernel for a busy director: the counters need not be
    /// equal.
    private static let slack: UInt64 = 16 << 20
    private static let longestPause = Duration.seconds(30)
    /// Retransmissions in a row from which on waiting is more than a lost packet.
    private static let retransmissions: UInt32 = 2

    private let diagnosis: any SocketDiagnosis
    private var found: [Place: Found] = [:]
    private var searches: [Place: Search] = [:]

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
        var places: [Place] = []
        var counts: [Place: Int] = [:]
        for link in links {
            let first = Place(peer: link.peer, isDialled: link.isDialled, index: 0)
            let index = counts[first, default: 0]
            counts[first] = index + 1
            places.append(Place(peer: link.peer, isDialled: link.isDialled, index: index))
        }
        let present = Set(places)
        found = found.filter { present.contains($0.key) }
        searches = searches.filter { present.contains($0.key) }

        var sockets: [DiagnosedSocket?] = []
        for (link, place) in zip(links, places) { sockets.append(try known(link, at: place)) }
        try search(links, places, &sockets, acceptedOn: port, at: now)
        foundCount = sockets.count { $0 != nil }
        return zip(places, sockets).map { place, socket in
            socket.map { reading(of: $0, at: place, now) }
        }
    }

    /// The connection that is known for a link, as long as it is its.
    private func known(_ link: Link, at place: Place) throws(ProbeFault) -> DiagnosedSocket? {
        guard let identity = found[place]?.identity else { return nil }
        if let socket = try diagnosis.connection(identity), LinkProbe.fits(socket, link) {
            return socket
        }
        found[place] = nil
        return nil
    }

    /// Looks for those that aren't known among all connections with their peers.
    private func search(
        _ links: [Link], _ places: [Place], _ sockets: inout [DiagnosedSocket?],
        acceptedOn port: UInt16, at now: MonotonicTime
    ) throws(ProbeFault) {
        let missing = places.indices.filter { index in
            sockets[index] == nil && searches[places[index]].map { $0.next <= now } ?? true
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
            found[places[match.index]] = Found(identity: match.socket.identity)
        }
        for index in missing {
            let place = places[index]
            if sockets[index] != nil {
                searches[place] = nil
            } else {
                // A look at all connections is worth its price now and then.
                let pause = min(
                    searches[place].map { $0.pause * 2 } ?? .seconds(1), LinkProbe.longestPause)
                searches[place] = Search(next: now + pause, pause: pause)
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
        of socket: DiagnosedSocket, at place: Place, _ now: MonotonicTime
    ) -> Reading {
        let isWaiting = socket.isConnecting || socket.unacknowledgedSegments > 0
        if !isWaiting {
            found[place]?.waiting = nil
        } else if found[place]?.waiting?.acknowledged != socket.bytesAcknowledged {
            // The first time, or some has been acknowledged and other data waits now.
            let begin = now + .microseconds(-Int64(socket.retransmittingMicroseconds))
            found[place]?.waiting = (begin, socket.bytesAcknowledged)
        }
        var waited: Duration?
        if isWaiting, socket.retransmissionsInARow >= LinkProbe.retransmissions || socket.isConnecting {
            waited = found[place]?.waiting.map { now - $0.since }
        }
        return Reading(
            unacknowledgedFor: waited, retransmittedSegments: socket.retransmittedSegments,
            roundTripSeconds: Double(socket.roundTripMicroseconds) / 1e6)
    }
}
