import AdminProbe

/// Whether what a list no longer shows may stand in a row of it that can't be read.
///
/// That is believed for a while alone: a row that is never readable must not hide a removal for good.
struct UnreadRows: Sendable {
    /// Seconds.
    static let patience = 60.0

    private var since: MonotonicTime?

    /// - Parameter isMissing: something is missing from a list with such a row.
    /// - Returns: whether to wait for a list that can be read.
    mutating func excuse(_ isMissing: Bool, at now: MonotonicTime) -> Bool {
        guard isMissing else {
            since = nil
            return false
        }
        let since = since ?? now
        self.since = since
        return (now - since).inSeconds < UnreadRows.patience
    }
}
