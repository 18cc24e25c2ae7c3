public import AdminProbe

/// What one director says of its ring at one moment, reduced to what a verdict needs.
public struct RingReport: Sendable {
    /// Where it was asked: a socket or a URL.
    public var source: String
    /// The member that the director is; nil while it doesn't say.
    public var own: Member?
    /// The members in its view, without those being removed.
    public var members: Set<Member> = []
    public var left: Member?
    public var right: Member?
    /// The neighbours that the ring's order demands; nil where none is.
    public var expected: RingSnapshot.ExpectedNeighbors?
    public var isIsolated = false
    /// Nil where the director doesn't say.
    public var isHandshaked: Bool?
    /// Nil where the director doesn't say.
    public var isSynced: Bool?
    /// Seconds since the last word of a linked neighbour, by side.
    public var silence: [Side: Double] = [:]
    public var backends: Set<BackendState> = []

    public init(source: String) {
        self.source = source
    }

    /// - Parameter now: epoch seconds of the director's host.
    public init(source: String, _ snapshot: RingSnapshot, now: Double) {
        self.source = source
        own = snapshot.ownMember
        members = Set(snapshot.order)
        left = snapshot.left
        right = snapshot.right
        expected = snapshot.expected
        isIsolated = snapshot.isIsolated == true
        isHandshaked = snapshot.isHandshaked
        isSynced = snapshot.isSynced
        for side in [Side.left, .right] {
            if let heard = snapshot.link(on: side)?.traffic?.lastInput {
                silence[side] = max(0, now - Double(heard))
            }
        }
        backends = Set(
            snapshot.backends.map {
                BackendState(key: $0.key, vhosts: $0.vhosts, isUp: $0.isUp)
            })
    }

    /// The director's name for people.
    public var name: String { own?.description ?? source }
}
