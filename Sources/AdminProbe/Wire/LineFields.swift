internal import Glibc

/// Where the TAB separated fields of one line are. Splits first; unescaping is for the few fields
/// that need it.
package struct LineFields {
    /// More fields than any version sends; what is behind them isn't read.
    static let capacity = 13

    private var ends: InlineArray<13, Int>
    package private(set) var count: Int

    /// - Parameter line: a line without its LF. An empty line has one empty field.
    package init(_ line: Span<UInt8>) {
        ends = InlineArray(repeating: 0)
        count = 0
        for index in line.indices where line[index] == UInt8(ascii: "\t") {
            ends[count] = index
            count += 1
            if count == LineFields.capacity { return }
        }
        ends[count] = line.count
        count += 1
    }

    /// The byte range of a field.
    ///
    /// - Precondition: `0 <= field < count`.
    package func range(_ field: Int) -> Range<Int> {
        (field == 0 ? 0 : ends[field - 1] + 1)..<ends[field]
    }
}

extension Span where Element == UInt8 {
    /// The position of the first such byte.
    func firstIndex(of byte: UInt8) -> Int? {
        withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress, let found = memchr(start, Int32(byte), bytes.count)
            else { return nil }
            return UnsafeRawPointer(found) - start
        }
    }

    /// Whether both are the same, byte for byte.
    func hasSameBytes(as other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        return withUnsafeBytes { mine in
            other.withUnsafeBytes { theirs in
                guard let a = mine.baseAddress, let b = theirs.baseAddress else { return true }
                return memcmp(a, b, mine.count) == 0
            }
        }
    }

    /// Whether the bytes are those of `text`.
    package func equals(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && starts(with: text)
    }

    /// Whether the first bytes are those of `text`.
    package func starts(with text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { expected in
            for (index, byte) in expected.enumerated() where self[index] != byte { return false }
            return true
        }
    }

    /// A decimal number without sign or blanks; nil where it is none or exceeds `maximum`.
    package func unsigned(upTo maximum: UInt64 = .max) -> UInt64? {
        guard count > 0 else { return nil }
        var value: UInt64 = 0
        for index in indices {
            let digit = self[index] &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(UInt64(digit))
            if overflowed || carried { return nil }
            value = sum
        }
        return value <= maximum ? value : nil
    }

    /// A decimal number with an optional minus; nil where it is none or doesn't fit.
    package func signed() -> Int64? {
        guard count > 0, self[0] == UInt8(ascii: "-") else {
            return unsigned(upTo: UInt64(Int64.max)).map { Int64($0) }
        }
        return extracting(1..<count).unsigned(upTo: UInt64(Int64.max)).map { -Int64($0) }
    }

    /// The bytes as a string; nil where they aren't UTF-8.
    func text() -> String? {
        withUnsafeBufferPointer { String(validating: $0, as: UTF8.self) }
    }

    /// The bytes as a string for a log line or a terminal: what is broken UTF-8 or controls a terminal
    /// is replaced, and it is cut at `limit`.
    func excerpt(limit: Int = 120) -> String {
        let shown = extracting(0..<Swift.min(count, limit))
        let decoded = shown.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        var text = String.UnicodeScalarView()
        for scalar in decoded.unicodeScalars {
            let isControl = scalar.properties.generalCategory == .control && scalar != "\t"
            text.append(isControl ? "\u{fffd}" : scalar)
        }
        return count > limit ? String(text) + "…" : String(text)
    }
}
