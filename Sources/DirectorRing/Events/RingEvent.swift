public import AdminProbe

/// One change of the ring, its links or its backends, as one director saw it.
public struct RingEvent: Sendable, Hashable {
    /// 32 hexadecimal digits. An event that has to be logged twice keeps its identity.
    public var id: String
    public var kind: EventKind
    /// Epoch seconds, by the clock of the host that asked.
    public var observedAt: Double
    /// The director that it is about; nil while that was never known.
    public var director: Member?
    /// The members in the director's view after the change.
    public var ringMembers: [Member]
    public var member: Member?
    public var side: Side?
    public var backend: BackendKey?
    /// What it was, and what it is: a number of vhosts, `up` or `down`, or a member.
    public var old: String?
    public var new: String?

    public init(
        id: String, kind: EventKind, observedAt: Double, director: Member?,
        ringMembers: [Member], member: Member? = nil, side: Side? = nil,
        backend: BackendKey? = nil, old: String? = nil, new: String? = nil
    ) {
        self.id = id
        self.kind = kind
        self.observedAt = observedAt
        self.director = director
        self.ringMembers = ringMembers
        self.member = member
        self.side = side
        self.backend = backend
        self.old = old
        self.new = new
    }
}
