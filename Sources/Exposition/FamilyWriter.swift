/// Renders families and their samples. Give one format, or none for families whose lines are the
/// same in both: gauges.
public struct FamilyWriter: Sendable {
    public private(set) var bytes: [UInt8] = []
    private let format: ExpositionFormat
    private var namePrefix: [UInt8] = []

    /// - Parameters:
    ///   - format: decides how counters are announced.
    ///   - capacity: how many bytes are likely to come.
    public init(_ format: ExpositionFormat, capacity: Int = 0) {
        self.format = format
        bytes.reserveCapacity(capacity)
    }

    /// Starts a family. The samples that follow are its own.
    public mutating func begin(_ family: MetricFamily) {
        let name = family.familyName(in: format)
        bytes.append(contentsOf: "# HELP \(name) ".utf8)
        Escaping.append(family.help, to: &bytes, quotes: format == .openMetrics)
        bytes.append(contentsOf: "\n# TYPE \(name) \(family.kind.rawValue)\n".utf8)
        namePrefix.removeAll(keepingCapacity: true)
        namePrefix.append(contentsOf: family.name.utf8)
    }

    public mutating func sample(_ labels: LabelSet, _ value: UInt64) {
        beginSample(labels)
        appendDecimal(value)
        bytes.append(UInt8(ascii: "\n"))
    }

    public mutating func sample(_ labels: LabelSet, _ value: Int64) {
        beginSample(labels)
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        appendDecimal(value.magnitude)
        bytes.append(UInt8(ascii: "\n"))
    }

    public mutating func sample(_ labels: LabelSet, _ value: Double) {
        beginSample(labels)
        bytes.append(contentsOf: FamilyWriter.text(of: value).utf8)
        bytes.append(UInt8(ascii: "\n"))
    }

    public mutating func sample(_ labels: LabelSet, _ value: Bool) {
        sample(labels, value ? UInt64(1) : 0)
    }

    private mutating func beginSample(_ labels: LabelSet) {
        bytes.append(contentsOf: namePrefix)
        bytes.append(contentsOf: labels.bytes)
        bytes.append(UInt8(ascii: " "))
    }

    private mutating func appendDecimal(_ value: UInt64) {
        if value < 10 {
            bytes.append(UInt8(ascii: "0") + UInt8(value))
            return
        }
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var start = 20
        var rest = value
        while rest > 0 {
            start -= 1
            digits[start] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        for index in start..<20 { bytes.append(digits[index]) }
    }

    /// The shortest text that reads back as the same number.
    static func text(of value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        // Whole numbers without a fraction, as people write them, while they are exact.
        if value.rounded() == value, value.magnitude < 9_007_199_254_740_992 {
            return "\(Int64(value))"
        }
        return "\(value)"
    }
}
