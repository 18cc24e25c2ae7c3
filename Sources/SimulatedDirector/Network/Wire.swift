/// One TCP connection between two members, or the attempt to make one.
package struct Wire: Sendable {
    typealias ID = Int

    /// What travels on it.
    enum Segment: Sendable {
        case message(RingMessage, length: Int)
        /// Nothing follows.
        case end
    }

    /// One of its two ends.
    struct End: Hashable, Sendable {
        let slot: Int
        /// The life of the process that holds it.
        let incarnation: Int
        let link: Link.ID
    }

    /// What goes one way.
    struct Flow: Sendable {
        private(set) var queue: [Segment] = []
        /// The bytes that wait.
        private(set) var size = 0
        /// A delivery is on its way, or the next try of one.
        var isScheduled = false
        /// Tries that were lost in a row.
        var losses = 0

        mutating func put(_ segment: Segment) {
            queue.append(segment)
            if case .message(_, let length) = segment { size += length }
        }

        mutating func empty() {
            queue = []
            size = 0
        }
    }

    /// A sender and a receiver.
    package struct Pair: Hashable, Sendable {
        package let from: Int
        package let to: Int
    }

    let dialler: Int
    let acceptor: Int
    /// By ``Side``. Nil once closed; the acceptor's also until it has accepted.
    var ends: [End?]
    /// By the side that sends.
    var flows = [Flow(), Flow()]
    var isEstablished = false
    /// The kernel has accepted it, and the process hasn't yet.
    var awaitsAccept = false
    /// The kernel of a member that goes down has accepted it for nobody.
    var isForNobody = false
    var dials = 0

    enum Side: Int, Sendable {
        case dialler, acceptor
        var other: Side { self == .dialler ? .acceptor : .dialler }
    }

    func slot(_ side: Side) -> Int { side == .dialler ? dialler : acceptor }
}

/// What happens to packets from one member to another.
package enum Path: Sendable, Equatable {
    case dropped
    case answeredWithResets
    /// This share is lost, in percent.
    case lossy(Int)
}
