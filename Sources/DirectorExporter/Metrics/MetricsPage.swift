internal import Exposition

/// A rendered page but for what is read anew at each scrape.
struct MetricsPage: Sendable {
    /// The gauges: the same bytes in every format.
    let gauges: [UInt8]
    /// The counters, which each format announces in its own way.
    let textCounters: [UInt8]
    let openMetricsCounters: [UInt8]
    /// Nil without backends.
    let backends: RenderedBackends?

    /// A page for before there is one.
    static let empty = MetricsPage(
        gauges: [], textCounters: [], openMetricsCounters: [], backends: nil)

    func counters(in format: ExpositionFormat) -> [UInt8] {
        switch format {
        case .text: textCounters
        case .openMetrics: openMetricsCounters
        }
    }
}
