/// Since when a ring has been syncing. The director counts in whole seconds, so that the time
/// computed at each poll jitters; what was computed first is kept while it stays within that.
struct UnsyncedClock: Sendable {
    private var since: Double?

    /// - Parameters:
    ///   - seconds: for how long, as the director says; nil while the ring isn't syncing.
    ///   - now: epoch seconds.
    mutating func observe(seconds: UInt64?, now: Double) -> Double? {
        guard let seconds else {
            since = nil
            return nil
        }
        let computed = now - Double(seconds)
        if let since, (computed - since).magnitude < 2 { return since }
        since = computed
        return computed
    }
}
