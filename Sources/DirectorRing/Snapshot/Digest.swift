/// A short digest of what members of one ring should agree on: FNV-1a over 64 bits.
///
/// It tells views apart that differ by accident. It is no defence against someone who crafts them.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
    private var state: UInt64 = 0xcbf2_9ce4_8422_2325

    init() {}

    mutating func add(_ byte: UInt8) {
        state = (state ^ UInt64(byte)) &* 0x100_0000_01b3
    }

    mutating func add(_ text: String) {
        for byte in text.utf8 { add(byte) }
        // No text contains this byte, so that neighbouring fields can't run together.
        add(0xff as UInt8)
    }

    mutating func add(_ number: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) {
            add(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
        }
    }

    /// Sixteen hexadecimal digits.
    public var description: String {
        let digits = String(state, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
