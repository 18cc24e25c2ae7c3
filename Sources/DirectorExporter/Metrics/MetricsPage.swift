internal import Exposition

/// A rendered page but for what is read anew at each scrape.
struct MetricsPage: Sendable {
    /// The gauges: the same bytes in every format.
    let gauges: [UInt8]
    /// The counters, which each format announces in its own way.
    let textCounters: [UInt8]
    let openMetricsCounters: [UInt8]

    func counters(in format: ExpositionFormat) -> [UInt8] {
        switch format {
        case .text: textCounters
        case .openMetrics: openMetricsCounters
        }
    }
}
