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

    // A family is declared once and written at every poll: what doesn't change is rendered here.
    /// HELP and TYPE.
    private let textHeader: [UInt8]
    private let openMetricsHeader: [UInt8]
    /// What every sample begins with.
    let nameBytes: [UInt8]
    /// What stands before each label's value: `{a="`, then `,b="`.
    let labelHeads: [[UInt8]]

    /// - Precondition: counters, and only counters, end in `_total`.
    public init(_ name: String, _ kind: Kind, labels: [String] = [], help: String) {
        precondition(name.hasSuffix("_total") == (kind == .counter), "\(name) is misnamed")
        self.name = name
        self.kind = kind
        self.labels = labels
        self.help = help
        textHeader = MetricFamily.header(.text, name, kind, help)
        let header = MetricFamily.header(.openMetrics, name, kind, help)
        openMetricsHeader = header == textHeader ? textHeader : header
        nameBytes = Array(name.utf8)
        labelHeads = LabelSet.heads(labels)
    }

    /// The HELP and TYPE lines.
    func header(in format: ExpositionFormat) -> [UInt8] {
        switch format {
        case .text: textHeader
        case .openMetrics: openMetricsHeader
        }
    }

    private static func header(
        _ format: ExpositionFormat, _ name: String, _ kind: Kind, _ help: String
    ) -> [UInt8] {
        // OpenMetrics names a counter's family without its suffix.
        let family =
            switch (kind, format) {
            case (.counter, .openMetrics): String(name.dropLast("_total".count))
            case (.counter, .text), (.gauge, .text), (.gauge, .openMetrics): name
            }
        var bytes = Array("# HELP \(family) ".utf8)
        Escaping.append(help, to: &bytes, quotes: format == .openMetrics)
        bytes.append(contentsOf: "\n# TYPE \(family) \(kind.rawValue)\n".utf8)
        return bytes
    }
}
