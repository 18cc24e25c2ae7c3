/// The text formats that Prometheus reads.
public enum ExpositionFormat: Sendable, CaseIterable, Hashable {
    /// The Prometheus text format, version 0.0.4.
    case text
    /// OpenMetrics, version 1.0.0.
    case openMetrics

    /// The value of the Content-Type header. Prometheus 3 refuses a page without it.
    public var contentType: String {
        switch self {
        case .text: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }

    /// What ends a page.
    public var trailer: String {
        switch self {
        case .text: ""
        case .openMetrics: "# EOF\n"
        }
    }
}
