internal import DirectorRing
internal import Exposition

/// A rendered page but for what is read anew at each scrape.
struct MetricsPage: Sendable {
    /// The gauges: the same bytes in every format.
    let gauges: [UInt8]
    /// The counters, which each format announces in its own way.
    let textCounters: [UInt8]
    let openMetricsCounters: [UInt8]
    /// Nil without backends.
    let settledBackends: SettledBackends?

    /// A page for before there is one.
    static let empty = MetricsPage(
        gauges: [], textCounters: [], openMetricsCounters: [], settledBackends: nil)

    func counters(in format: ExpositionFormat) -> [UInt8] {
        switch format {
        case .text: textCounters
        case .openMetrics: openMetricsCounters
        }
    }
}

/// Where a page tells of backends what stays the same from poll to poll, all but their users: the
/// next page copies it for as long as it does.
struct SettledBackends: Sendable {
    let backends: [Backend]
    let hashShares: HashShares?
    /// In the gauges.
    let range: Range<Int>

    func tells(of others: [Backend], _ shares: HashShares?) -> Bool {
        backends.count == others.count && hashShares == shares
            && backends.indices.allSatisfy { backends[$0].isSettled(like: others[$0]) }
    }
}

extension Backend {
    fileprivate func isSettled(like other: Backend) -> Bool {
        key == other.key && vhosts == other.vhosts && isUp == other.isUp
            && lastChange == other.lastChange
    }
}
