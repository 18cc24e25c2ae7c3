public import AdminProbe

/// Where a connection stands in the ring.
public enum Side: String, Sendable, CaseIterable, Hashable {
    case left
    case right
    /// Incoming: handshaking, being replaced, or about to be closed.
    case incoming = "in"
    /// Outgoing: connecting, handshaking, or about to be closed.
    case outgoing = "out"
}

/// A connection of the director, one for each member and side.
public struct Link: Hashable, Sendable {
    public var member: Member
    public var side: Side
    /// Nil where the version says nothing of it.
    public var isHandshaked: Bool?
    /// Nil where the version says nothing of it.
    public var isSynced: Bool?
    /// Nil where the version has no counters.
    public var traffic: LinkTraffic?

    public init(
        member: Member, side: Side, isHandshaked: Bool? = nil, isSynced: Bool? = nil,
        traffic: LinkTraffic? = nil
    ) {
        self.member = member
        self.side = side
        self.isHandshaked = isHandshaked
        self.isSynced = isSynced
        self.traffic = traffic
    }

    init(_ row: ConnectionRow) {
        let side: Side =
            switch row.kind {
            case .left, .both: .left
            case .right: .right
            case .incoming: .incoming
            case .outgoing: .outgoing
            }
        self.init(
            member: row.member, side: side, isHandshaked: row.status.map { $0 != .handshaking },
            isSynced: row.status.map { $0 == .synced }, traffic: row.traffic.map(LinkTraffic.init))
    }

    /// One link for each member and side, sorted. Of several rows the one that was heard last
    /// speaks, then the one that spoke last.
    static func merged(_ rows: [ConnectionRow]) -> [Link] {
        var links: [Place: Link] = [:]
        for row in rows {
            let link = Link(row)
            let place = Place(member: link.member, side: link.side)
            if let known = links[place], !known.isOlder(than: link) { continue }
            links[place] = link
        }
        return links.values.sorted {
            $0.member != $1.member ? $0.member < $1.member : $0.side.rawValue < $1.side.rawValue
        }
    }

    private struct Place: Hashable {
        var member: Member
        var side: Side
    }

    private func isOlder(than other: Link) -> Bool {
        let mine = (traffic?.lastInput ?? 0, traffic?.lastOutput ?? 0)
        return mine < (other.traffic?.lastInput ?? 0, other.traffic?.lastOutput ?? 0)
    }
}

/// The counters of a link.
public struct LinkTraffic: Hashable, Sendable {
    /// 0 is under a millisecond, or none yet.
    public var pingMilliseconds: UInt64
    public var bytesReceived: UInt64
    public var bytesSent: UInt64
    public var bytesBuffered: UInt64
    public var bytesBufferedPeak: UInt64
    /// Epoch seconds; nil when there was none yet.
    public var lastInput: Int64?
    /// Epoch seconds; nil when there was none yet.
    public var lastOutput: Int64?

    init(_ traffic: Traffic) {
        pingMilliseconds = traffic.pingMilliseconds
        bytesReceived = traffic.bytesReceived
        bytesSent = traffic.bytesSent
        bytesBuffered = traffic.bytesBuffered
        bytesBufferedPeak = traffic.bytesBufferedPeak
        lastInput = traffic.lastInput
        lastOutput = traffic.lastOutput
    }
}
