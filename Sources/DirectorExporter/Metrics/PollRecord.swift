internal import AdminProbe
internal import DirectorRing

/// All that the polls so far have to say; a page of metrics is made of it.
struct PollRecord: Sendable {
    /// What the last poll brought.
    struct Observation: Sendable {
        var snapshot: RingSnapshot
        var duration: Duration
        /// Epoch seconds; nil while the ring isn't syncing.
        var unsyncedSince: Double?
        /// Nil until computed, and where the version doesn't hash consistently for sure.
        var hashShares: HashShares?
        /// What the kernel says of the links' connections; none where it can't be asked.
        var connections = LinkReadings()
    }

    /// Nil when the last poll failed, and before the first is over.
    var observation: Observation?
    /// Epoch seconds; nil before the first success.
    var lastSuccess: Double?
    var failures: [AdminFault.Reason: UInt64] = [:]
    var rejectedHosts: UInt64 = 0
    var rejectedDirectors: UInt64 = 0
    var events: [EventKind: UInt64] = [:]
    /// The latest events, newest first.
    var recentEvents: [RingEvent] = []
    var expected: [Member] = []
    /// The member that this exporter spoke for last.
    var lastKnownDirector: Member?
    /// Whether the connections of the links were found at the last poll; nil where they aren't
    /// looked for.
    var isLinkProbeUp: Bool?
    /// Epoch seconds.
    var startTime: Double
}
