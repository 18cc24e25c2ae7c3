public import AdminProbe

/// The view up to which every change has become an event. Kept across restarts, it is what the
/// first new view is compared with.
public struct LoggedView: Sendable, Equatable {
    /// A linked neighbour.
    public struct Neighbor: Sendable, Equatable {
        public var member: Member
        /// Nil where the version has no counters.
        public var bytesReceived: UInt64?
        public var bytesSent: UInt64?
        public var isSilent: Bool
        public var isStalled: Bool

        public init(
            member: Member, bytesReceived: UInt64? = nil, bytesSent: UInt64? = nil,
            isSilent: Bool = false, isStalled: Bool = false
        ) {
            self.member = member
            self.bytesReceived = bytesReceived
            self.bytesSent = bytesSent
            self.isSilent = isSilent
            self.isStalled = isStalled
        }
    }

    /// False once an outage has been logged, true once a view has; nil before either.
    public var isReachable: Bool?
    /// Whether there has ever been a view: the first one is a silent baseline.
    public var hasBaseline = false
    /// The director, as its last complete view named it.
    public var director: Member?
    /// In the ring's order, without those being removed.
    public var members: [Member] = []
    public var left: Neighbor?
    public var right: Neighbor?
    /// Nil while the director has not said.
    public var isSynced: Bool?
    public var isIsolated = false
    /// Whether the present isolation has become an event, so that its end becomes one.
    public var isIsolationLogged = false
    /// Sorted by key.
    public var backends: [BackendState] = []

    public init() {}
}
