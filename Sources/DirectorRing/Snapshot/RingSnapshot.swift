public import AdminProbe

/// What one director said of its ring and its backends in one poll, made sense of.
public struct RingSnapshot: Sendable, Equatable {
    /// A member in the director's view.
    public struct MemberState: Sendable, Hashable {
        public var member: Member
        /// From `ring remove` until the next ring sync.
        public var isBeingRemoved: Bool
        /// Epoch seconds; 0 when none is known.
        public var lastFailure: Int64
    }

    /// The neighbours that the ring's order demands.
    public struct ExpectedNeighbors: Sendable, Hashable {
        public var left: Member
        public var right: Member

        public init(left: Member, right: Member) {
            self.left = left
            self.right = right
        }
    }

    /// What the ring's part of a snapshot was made of: where it is equal, so is the ring.
    public struct RingSource: Sendable, Equatable {
        let rows: [DirectorRow]
        /// What the snapshot before showed as being removed.
        let beingRemoved: Set<Member>
    }

    /// The director that answered. Nil while its row is missing: another peer claims its address.
    public private(set) var ownMember: Member?
    /// Nil without a row of its own, and where the version doesn't say.
    public private(set) var status: RingStatus?
    /// Duration of the last SYNC lap; nil where the version doesn't say.
    public private(set) var lastSyncMilliseconds: UInt64?
    /// Every member in the director's view, itself included, in the ring's order.
    public private(set) var members: [MemberState] = []
    /// The ring's order: the members without those being removed.
    public private(set) var order: [Member] = []
    /// One for each member and side, sorted.
    public private(set) var links: [Link] = []
    /// The neighbours linked now.
    public private(set) var left: Member?
    public private(set) var right: Member?
    /// Nil without a row of its own, while this director is being removed, and when it is alone.
    public private(set) var expected: ExpectedNeighbors?
    /// Incoming connections whose director is not known yet. Nil where the version has no such rows.
    public private(set) var anonymousConnections: Int?
    /// Sorted by IP and tag, rows of the same key summed.
    public private(set) var backends: [Backend] = []
    /// Of `order`.
    public private(set) var membersDigest = Digest()
    /// Of IP, tag, vhosts and state of every row.
    public private(set) var backendsDigest = Digest()

    /// What all but the backends was made of.
    public let ringSource: RingSource
    /// What the backends were made of.
    private var hostRows: [HostRow] = []

    /// Whether a row of either list could not be read: what is missing here may stand in it.
    public private(set) var hasUnreadBackends = false
    public private(set) var hasUnreadMembers = false

    /// - Parameters:
    ///   - reply: the rows.
    ///   - beingRemoved: members that the last snapshot showed as being removed. One of them that
    ///     comes back with nothing but a connection under way is knocking, not readmitted.
    ///   - last: an earlier snapshot, from which is taken what is the same in this one.
    public init(
        _ reply: AdminReply, beingRemoved: Set<Member> = [], after last: RingSnapshot? = nil
    ) {
        let source = RingSource(rows: reply.directors, beingRemoved: beingRemoved)
        if let last, last.ringSource == source {
            self = last
        } else {
            self.init(source, membersDigestFrom: last)
        }
        hasUnreadBackends = reply.rejectedHosts > 0
        hasUnreadMembers = reply.rejectedDirectors > 0
        hostRows = reply.hosts
        if let last, last.hostRows == hostRows {
            backends = last.backends
            backendsDigest = last.backendsDigest
        } else {
            backends = Backend.merged(hostRows)
            backendsDigest = Backend.digest(of: hostRows)
        }
    }

    /// The ring alone.
    private init(_ source: RingSource, membersDigestFrom last: RingSnapshot?) {
        ringSource = source
        var states: [Member: MemberState] = [:]
        /// Members that a row shows as more than a connection under way.
        var established: Set<Member> = []
        var connections: [ConnectionRow] = []
        var anonymous = 0
        var hasCounters = false

        func note(_ member: Member, failure: Int64, removed: Bool) {
            var state =
                states[member]
                ?? MemberState(member: member, isBeingRemoved: false, lastFailure: 0)
            state.lastFailure = max(state.lastFailure, failure)
            state.isBeingRemoved = state.isBeingRemoved || removed
            states[member] = state
        }

        for row in source.rows {
            switch row {
            case .own(let row):
                note(row.member, failure: row.lastFailure, removed: false)
                established.insert(row.member)
                hasCounters = hasCounters || row.lastSyncMilliseconds != nil
                guard ownMember == nil else { continue }
                ownMember = row.member
                status = row.status
                lastSyncMilliseconds = row.lastSyncMilliseconds
            case .connection(let row):
                note(row.member, failure: row.lastFailure, removed: false)
                switch row.kind {
                case .left, .right, .both: established.insert(row.member)
                case .incoming, .outgoing: break
                }
                hasCounters = hasCounters || row.traffic != nil
                connections.append(row)
            case .member(let row):
                note(row.member, failure: row.lastFailure, removed: row.isBeingRemoved)
                if !row.isBeingRemoved { established.insert(row.member) }
            case .anonymous:
                anonymous += 1
                hasCounters = true
            }
        }
        for member in source.beingRemoved where !established.contains(member) {
            states[member]?.isBeingRemoved = true
        }

        members = states.values.sorted { $0.member < $1.member }
        order = members.filter { !$0.isBeingRemoved }.map(\.member)
        links = Link.merged(connections)
        left = RingSnapshot.neighbor(in: links, on: .left)
        right = RingSnapshot.neighbor(in: links, on: .right)
        if connections.contains(where: { $0.kind == .both }) { right = right ?? left }
        anonymousConnections = hasCounters ? anonymous : nil
        expected = RingSnapshot.expected(of: ownMember, in: order)
        if let last, last.order == order {
            membersDigest = last.membersDigest
        } else {
            for member in order { membersDigest.add(member.description) }
        }
    }

    /// A director has one neighbour on a side. Should several rows claim it, the link that was
    /// heard last is it.
    private static func neighbor(in links: [Link], on side: Side) -> Member? {
        links.filter { $0.side == side }
            .max { ($0.traffic?.lastInput ?? 0) < ($1.traffic?.lastInput ?? 0) }?.member
    }

    private static func expected(of member: Member?, in order: [Member]) -> ExpectedNeighbors? {
        guard let member, order.count > 1, let index = order.firstIndex(of: member) else {
            return nil
        }
        return ExpectedNeighbors(
            left: order[(index + order.count - 1) % order.count],
            right: order[(index + 1) % order.count])
    }

    /// Whether other members are known and none is linked on either side. Nil without a row of its
    /// own.
    public var isIsolated: Bool? {
        guard let ownMember else { return nil }
        return order.contains { $0 != ownMember } && left == nil && right == nil
    }

    /// Whether the director has shaken hands since its process started. Nil where it doesn't say.
    public var isHandshaked: Bool? {
        status.map { $0 != .handshaking }
    }

    /// What the director says of its ring. Nil where it doesn't say.
    public var isSynced: Bool? {
        status.map { $0 == .synced }
    }

    /// The neighbour linked on a side; nil on `in` and `out`, which are no neighbours.
    public func neighbor(on side: Side) -> Member? {
        switch side {
        case .left: left
        case .right: right
        case .incoming, .outgoing: nil
        }
    }

    /// The link to a neighbour. For a row that is both neighbours it is the left one.
    public func link(on side: Side) -> Link? {
        guard let member = neighbor(on: side) else { return nil }
        return links.first { $0.member == member && $0.side == side }
    }

    /// The members being removed, for the next snapshot.
    public var membersBeingRemoved: Set<Member> {
        Set(members.lazy.filter(\.isBeingRemoved).map(\.member))
    }
}
