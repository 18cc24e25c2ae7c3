internal import AdminProbe

/// What a director knows of another one, or of itself.
struct Peer: Sendable, Equatable {
    let member: Member
    /// Told to leave, and kept for a while lest somebody brings it back.
    var isRemoved = false
    /// Epoch seconds; 0 for none.
    var lastNetworkFailure: Int64 = 0
    /// The number of its last message that was seen.
    var lastSequence: UInt32 = 0
    var lastSyncSequence: UInt32 = 0
    var lastSyncCount = 0
    var lastSyncTimestamp: Int64 = 0
    /// The digest of its backends when they last differed from ours.
    var differingDigest: UInt32 = 0
    /// A SYNC that waits for a link to the right.
    var delayedSync: RingMessage.Sync?

    init(_ member: Member) {
        self.member = member
    }

    /// Forgets numbers that a new process would begin anew.
    mutating func restarted() {
        lastSequence = 0
        lastSyncSequence = 0
        lastSyncCount = 0
        lastSyncTimestamp = 0
    }
}

/// A timer that goes off again and again until it is taken away.
struct RepeatingTimer: Sendable, Equatable {
    let interval: Duration
    var next: Moment

    init(every interval: Duration, from now: Moment) {
        self.interval = interval
        next = now + interval
    }

    /// Whether it goes off now, and if so, sets it anew.
    mutating func fires(at now: Moment) -> Bool {
        guard next <= now else { return false }
        next = now + interval
        return true
    }
}

/// One connection of a director to another one.
struct Link: Sendable {
    typealias ID = Int

    /// What its idle timer does when it goes off.
    enum Idle: Sendable {
        /// The handshake takes too long.
        case giveUpHandshake
        case ping
        /// Nothing came after a PING.
        case pingTimeout
    }

    /// Why it is about to be closed.
    enum Farewell: Sendable {
        /// The other side was told to connect elsewhere.
        case elsewhere
        /// The other side told us to connect elsewhere.
        case connectRequested
        /// The same, though it has no better place for us.
        case wrongConnect
    }

    let id: ID
    let isIncoming: Bool
    /// It was dialled in search of any right neighbour, not of a certain one.
    var isSearch = false
    let createdAt: Moment
    /// Nil for an incoming one before its ME.
    var member: Member?
    var connectedAt: Moment?
    var isVersionReceived = false
    var isMeReceived = false
    var isHandshaked = false
    var ignoresHosts = false
    var isSynced = false
    /// A PONG is awaited.
    var isPinging = false
    /// Its PONG decides whether others may take its place.
    var isVerified = false
    var pingSentAt: Moment
    var pingMilliseconds: Int64 = 0
    var lastInput: Moment?
    var lastOutput: Moment?
    var bytesRead: UInt64 = 0
    var bytesSent: UInt64 = 0
    /// What one step has said, which goes out at once; and the most that it ever was.
    var corkedBytes = 0
    var peakBytes = 0
    var usersReceived: UInt32 = 0
    var usersSent: UInt32 = 0
    var idle: (what: Idle, timer: RepeatingTimer)?
    var pongTimer: RepeatingTimer?
    var farewell: (why: Farewell, at: Moment)?

    init(id: ID, isIncoming: Bool, member: Member?, now: Moment) {
        self.id = id
        self.isIncoming = isIncoming
        self.member = member
        createdAt = now
        pingSentAt = now
    }

    var isConnected: Bool { connectedAt != nil }
}
