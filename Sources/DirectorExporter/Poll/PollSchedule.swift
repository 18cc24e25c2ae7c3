internal import AdminProbe

/// When to ask next.
struct PollSchedule: Sendable, Equatable {
    /// The longest wait after a failure.
    static let longestBackoff = Duration.seconds(4)
    /// A socket that has never greeted is given up on after this time, …
    static let patience = Duration.seconds(60)
    /// … and from then on tried this often: each try makes Dovecot start a director that fails.
    static let unconfiguredInterval = Duration.seconds(30)

    let interval: Duration
    private var failures = 0
    private var hasEverGreeted = false
    /// Since when a socket that never greeted has been there without answering.
    private var muteSince: MonotonicTime?
    /// Whether the socket looks like that of a director that isn't configured.
    private(set) var looksUnconfigured = false

    init(interval: Duration) {
        self.interval = interval
    }

    /// The wait after a poll that succeeded.
    ///
    /// - Parameter took: how long it lasted; polls keep their interval from start to start.
    mutating func succeeded(after took: Duration) -> Duration {
        failures = 0
        hasEverGreeted = true
        muteSince = nil
        looksUnconfigured = false
        return max(interval - took, .zero)
    }

    /// The wait after a poll that failed.
    mutating func failed(_ fault: AdminFault, at now: MonotonicTime) -> Duration {
        failures = min(failures + 1, 16)
        if fault.afterGreeting { hasEverGreeted = true }
        notePatience(fault, at: now)
        if looksUnconfigured { return PollSchedule.unconfiguredInterval }
        let first = min(interval, .seconds(1))
        return min(first * (1 << (failures - 1)), PollSchedule.longestBackoff)
    }

    private mutating func notePatience(_ fault: AdminFault, at now: MonotonicTime) {
        let isMute =
            switch fault.reason {
            case .disconnected, .timeout: !hasEverGreeted
            case .notFound, .permission, .refused, .handshake, .protocol: false
            }
        guard isMute else {
            muteSince = nil
            looksUnconfigured = false
            return
        }
        let since = muteSince ?? now
        muteSince = since
        looksUnconfigured = now - since >= PollSchedule.patience
    }
}
