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
        bytes.append(contentsOf: family.header(in: format))
        namePrefix = family.nameBytes
    }

    /// Families and samples that another writer has rendered.
    public mutating func append(_ rendered: ArraySlice<UInt8>) {
        bytes.append(contentsOf: rendered)
    }

    /// The value of a sample that ``append(_:)`` has begun.
    public mutating func value(_ value: UInt64) {
        endSample(value)
    }

    public mutating func sample(_ labels: LabelSet, _ value: UInt64) {
        beginSample(labels)
        endSample(value)
    }

    public mutating func sample(_ labels: LabelSet, _ value: Int64) {
        beginSample(labels)
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        endSample(value.magnitude)
    }

    public mutating func sample(_ labels: LabelSet, _ value: Double) {
        // Whole numbers without a fraction, as people write them, while they are exact.
        if value.rounded() == value, value.magnitude < 9_007_199_254_740_992 {
            sample(labels, Int64(value))
            return
        }
        beginSample(labels)
        if !appendFraction(value) { bytes.append(contentsOf: FamilyWriter.text(of: value).utf8) }
        bytes.append(UInt8(ascii: "\n"))
    }

    public mutating func sample(_ labels: LabelSet, _ value: Bool) {
        sample(labels, value ? UInt64(1) : 0)
    }

    private mutating func beginSample(_ labels: LabelSet) {
        bytes.append(contentsOf: namePrefix)
        bytes.append(contentsOf: labels.bytes)
    }

    /// Writes the number and the end of the line.
    private mutating func endSample(_ value: UInt64) {
        appendDigits(value)
        bytes.append(UInt8(ascii: "\n"))
    }

    private mutating func appendDigits(_ value: UInt64) {
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var start = 20
        var rest = value
        repeat {
            start -= 1
            digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        digits.span.extracting(start..<20).withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    }

    /// Writes a number of whole microseconds or nanoseconds, as nearly all are that aren't whole,
    /// without looking for its shortest text. False where it is another one.
    private mutating func appendFraction(_ value: Double) -> Bool {
        var scale: UInt64 = 1_000_000
        var scaled = (value.magnitude * 1e6).rounded()
        if scaled / 1e6 != value.magnitude {
            scale = 1_000_000_000
            scaled = (value.magnitude * 1e9).rounded()
            guard scaled / 1e9 == value.magnitude else { return false }
        }
        // Of two whole numbers that are exact: so the quotient is the number that is nearest to the
        // decimal text, which is what a reader makes of it.
        guard scaled < 9_007_199_254_740_992 else { return false }
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        appendDigits(UInt64(scaled) / scale)
        bytes.append(UInt8(ascii: "."))
        var rest = UInt64(scaled) % scale
        while rest > 0 {
            scale /= 10
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / scale))
            rest %= scale
        }
        return true
    }

    /// The shortest text that reads back as the same number.
    private static func text(of value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return "\(value)"
    }
}
