/// What a family of samples is called and means.
public struct MetricFamily: Sendable, Hashable {
    public enum Kind: String, Sendable {
        case gauge
        /// Its name ends in `_total`.
        case counter
    }

    /// The name of its samples.
    public let name: String
    public let kind: Kind
    /// One line for people; ends up in HELP.
    public let help: String
    /// The names of the labels, in the order in which values are given.
    public let labels: [String]

    /// - Precondition: counters, and only counters, end in `_total`.
    public init(_ name: String, _ kind: Kind, labels: [String] = [], help: String) {
        precondition(name.hasSuffix("_total") == (kind == .counter), "\(name) is misnamed")
        self.name = name
        self.kind = kind
        self.labels = labels
        self.help = help
    }

    /// The name in TYPE and HELP: OpenMetrics names a counter's family without its suffix.
    func familyName(in format: ExpositionFormat) -> String {
        switch (kind, format) {
        case (.counter, .openMetrics): String(name.dropLast("_total".count))
        case (.counter, .text), (.gauge, .text), (.gauge, .openMetrics): name
        }
    }
}
