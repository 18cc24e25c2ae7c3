internal import AdminProbe

/// What an HTTP connection is doing, and for how long it may.
struct ConnectionState: Sendable, Equatable {
    enum Activity: Sendable, Equatable {
        /// What will encrypt it is being agreed on.
        case handshaking
        /// Between requests.
        case idle
        /// A request has begun and isn't whole yet.
        case receiving
        /// The answer is being made.
        case answering
    }

    /// How long each may last.
    struct Limits: Sendable {
        /// Between requests.
        var idle = Duration.seconds(60)
        /// From a request's first byte to the last of its body; and for a handshake.
        var request = Duration.seconds(10)
        /// Without a byte being taken while some wait.
        var unread = Duration.seconds(30)
    }

    private(set) var activity: Activity
    private(set) var since: MonotonicTime
    private var unread = 0
    private var unreadSince: MonotonicTime

    init(at now: MonotonicTime, isEncrypted: Bool = false) {
        activity = isEncrypted ? .handshaking : .idle
        since = now
        unreadSince = now
    }

    /// The connection is encrypted now.
    mutating func agreed(at now: MonotonicTime) {
        if activity == .handshaking { enter(.idle, at: now) }
    }

    /// Bytes came in.
    mutating func received(at now: MonotonicTime) {
        if activity == .idle { enter(.receiving, at: now) }
    }

    /// A request is whole.
    mutating func requested(at now: MonotonicTime) {
        enter(.answering, at: now)
    }

    /// An answer is on its way.
    mutating func answered(at now: MonotonicTime) {
        enter(.idle, at: now)
    }

    /// How many bytes wait for the client to read.
    mutating func waiting(bytes: Int, at now: MonotonicTime) {
        if bytes != unread || bytes == 0 { unreadSince = now }
        unread = bytes
    }

    enum Verdict: Equatable, Sendable {
        case keep
        /// The request takes too long; the client is told.
        case requestTimedOut
        case close
    }

    func verdict(at now: MonotonicTime, limits: Limits) -> Verdict {
        if unread > 0 { return now - unreadSince > limits.unread ? .close : .keep }
        return switch activity {
        case .handshaking: now - since > limits.request ? .close : .keep
        case .idle: now - since > limits.idle ? .close : .keep
        case .receiving: now - since > limits.request ? .requestTimedOut : .keep
        case .answering: .keep
        }
    }

    /// Whether the connection can be given up for a new one.
    var isExpendable: Bool { activity != .answering }

    private mutating func enter(_ activity: Activity, at now: MonotonicTime) {
        self.activity = activity
        since = now
    }
}
