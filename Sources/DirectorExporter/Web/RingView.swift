internal import AdminProbe
internal import DirectorRing

/// How a link looks to people.
enum LinkState: String, Sendable {
    case healthy
    case silent
    case handshaking
    /// The ring's order demands it, and it isn't there.
    case missing
    /// Linked to another member than the order demands.
    case astray

    var words: String {
        switch self {
        case .healthy: "linked"
        case .silent: "linked, but silent"
        case .handshaking: "connecting"
        case .missing: "not linked"
        case .astray: "linked out of order"
        }
    }
}

/// The director's links, judged for the page for people.
struct RingView: Sendable {
    struct Edge: Sendable {
        var member: Member
        var side: Side
        var state: LinkState
        /// Seconds since the last input; nil where that isn't known.
        var silence: Double?
    }

    /// From here on a link counts as silent: healthy ones reach 16 s.
    static let silenceLimit = 18.0

    let snapshot: RingSnapshot
    let edges: [Edge]

    /// - Parameter now: when the director answered, epoch seconds.
    init(_ snapshot: RingSnapshot, now: Double) {
        self.snapshot = snapshot
        var edges: [Edge] = []
        for side in [Side.left, .right] {
            let linked = snapshot.neighbor(on: side)
            let expected = side == .left ? snapshot.expected?.left : snapshot.expected?.right
            if let linked {
                let silence = snapshot.link(on: side)?.traffic?.lastInput.map {
                    max(0, now - Double($0))
                }
                let isSilent = (silence ?? 0) > RingView.silenceLimit
                let isAstray = expected.map { $0 != linked } ?? false
                edges.append(
                    Edge(
                        member: linked, side: side,
                        state: isSilent ? .silent : isAstray ? .astray : .healthy,
                        silence: silence))
            }
            if let expected, expected != linked {
                let isConnecting = snapshot.links.contains {
                    $0.member == expected && ($0.side == .incoming || $0.side == .outgoing)
                }
                edges.append(
                    Edge(
                        member: expected, side: side,
                        state: isConnecting ? .handshaking : .missing))
            }
        }
        self.edges = edges
    }

    /// Whether there is nothing to worry about.
    var isWhole: Bool {
        edges.allSatisfy { $0.state == .healthy } && snapshot.isIsolated != true
            && snapshot.isSynced != false
    }

    /// One sentence on the ring.
    var verdict: String {
        let count = snapshot.order.count
        if snapshot.ownMember == nil { return "This director does not list itself" }
        if snapshot.isIsolated == true { return "Cut off: linked to none of the other members" }
        if let edge = edges.first(where: { $0.state == .silent }) {
            return "The \(edge.side.rawValue) neighbour \(edge.member) is silent"
        }
        if let edge = edges.first(where: { $0.state != .healthy }) {
            return "The \(edge.side.rawValue) neighbour \(edge.member) is \(edge.state.words)"
        }
        if snapshot.isSynced == false { return "The ring is not synced" }
        if count == 1 { return "Alone, as it should be" }
        return "Linked as the ring's order demands, \(count) members"
    }
}
