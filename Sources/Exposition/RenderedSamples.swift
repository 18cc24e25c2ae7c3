/// Samples of a family that were rendered before, line by line: what is written anew is the values
/// that changed.
public struct RenderedSamples: Sendable {
    private let bytes: [UInt8]
    /// What has not been taken yet begins here.
    private var start: Int
    /// The current line.
    private var line: Range<Int>

    /// - Parameter bytes: a family as it was rendered, with its header.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        start = 0
        line = 0..<0
        while line.upperBound < bytes.count, bytes[line.upperBound] == UInt8(ascii: "#") { next() }
    }

    /// Goes to the next sample, at first to the first one; behind the last one it stays at the end.
    public mutating func next() {
        let rest = bytes[line.upperBound...]
        let end = rest.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? rest.endIndex
        line = line.upperBound..<end
    }

    /// All that has not been taken, up to the value of the current line; the value itself is passed
    /// over.
    public mutating func takeHead() -> ArraySlice<UInt8> {
        // A value has no blank.
        let value = bytes[line].lastIndex(of: UInt8(ascii: " ")).map { $0 + 1 } ?? line.lowerBound
        defer { start = line.upperBound }
        return bytes[start..<value]
    }

    /// All that has not been taken.
    public mutating func takeRest() -> ArraySlice<UInt8> {
        defer { start = bytes.count }
        return bytes[start...]
    }
}
