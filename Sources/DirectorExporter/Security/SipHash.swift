/// SipHash-2-4 with 128 bits: without the key nobody can tell what a hash is of, nor find two texts
/// that have the same one.
struct SipHash: Sendable {
    struct Digest: Hashable, Sendable {
        var low: UInt64
        var high: UInt64
    }

    private let key: (UInt64, UInt64)

    init(key low: UInt64, _ high: UInt64) {
        key = (low, high)
    }

    /// With a key that nobody knows.
    init() {
        var random = SystemRandomNumberGenerator()
        self.init(key: random.next(), random.next())
    }

    func digest(_ bytes: [UInt8]) -> Digest {
        var state = State(key)
        let whole = bytes.count / 8 * 8
        for start in stride(from: 0, to: whole, by: 8) {
            state.take(SipHash.word(bytes[start..<start + 8]))
        }
        state.take(SipHash.word(bytes[whole...]) | UInt64(truncatingIfNeeded: bytes.count) << 56)
        return state.finish()
    }

    /// Little endian.
    private static func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private struct State {
        var v0: UInt64
        var v1: UInt64
        var v2: UInt64
        var v3: UInt64

        init(_ key: (UInt64, UInt64)) {
            v0 = 0x736f_6d65_7073_6575 ^ key.0
            v1 = 0x646f_7261_6e64_6f6d ^ key.1 ^ 0xee
            v2 = 0x6c79_6765_6e65_7261 ^ key.0
            v3 = 0x7465_6462_7974_6573 ^ key.1
        }

        mutating func take(_ word: UInt64) {
            v3 ^= word
            rounds(2)
            v0 ^= word
        }

        mutating func finish() -> Digest {
            v2 ^= 0xee
            rounds(4)
            let low = v0 ^ v1 ^ v2 ^ v3
            v1 ^= 0xdd
            rounds(4)
            return Digest(low: low, high: v0 ^ v1 ^ v2 ^ v3)
        }

        private mutating func rounds(_ count: Int) {
            for _ in 0..<count {
                v0 &+= v1
                v2 &+= v3
                v1 = State.rotate(v1, 13) ^ v0
                v3 = State.rotate(v3, 16) ^ v2
                v0 = State.rotate(v0, 32)
                v2 &+= v1
                v0 &+= v3
                v1 = State.rotate(v1, 17) ^ v2
                v3 = State.rotate(v3, 21) ^ v0
                v2 = State.rotate(v2, 32)
            }
        }

        private static func rotate(_ word: UInt64, _ count: UInt64) -> UInt64 {
            word << count | word >> (64 - count)
        }
    }
}
