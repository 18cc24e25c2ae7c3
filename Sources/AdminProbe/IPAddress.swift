/// An IPv4 or IPv6 address, as the director sees it.
///
/// An IPv4-mapped IPv6 address stays IPv6: to Dovecot `::ffff:192.0.2.1` and `192.0.2.1` are two
/// hosts. Addresses are ordered as Dovecot orders its ring: IPv4 before IPv6, then byte by byte.
public struct IPAddress: Hashable, Sendable {
    /// False for IPv4.
    public let isIPv6: Bool
    /// The address's bytes, big endian; an IPv4 address is in the lowest 32 bits of `low`.
    let high: UInt64
    let low: UInt64

    private init(isIPv6: Bool, high: UInt64, low: UInt64) {
        self.isIPv6 = isIPv6
        self.high = high
        self.low = low
    }

    /// The 128 bits, most significant first; an IPv4 address is in the lowest 32 bits of `low`.
    public var bits: (high: UInt64, low: UInt64) { (high, low) }

    /// An IPv4 address from its four bytes, most significant first.
    public init(v4 bits: UInt32) {
        self.init(isIPv6: false, high: 0, low: UInt64(bits))
    }

    /// An IPv6 address from its two halves, most significant first.
    public init(v6High high: UInt64, low: UInt64) {
        self.init(isIPv6: true, high: high, low: low)
    }

    /// Parses the usual text forms, without brackets, port or zone. Returns nil for anything else.
    public init?(_ text: String) {
        var text = text
        let parsed = text.withUTF8 { IPAddress(parsing: $0.span) }
        guard let parsed else { return nil }
        self = parsed
    }

    /// Parses the text form from bytes; see ``init(_:)``.
    public init?(parsing bytes: Span<UInt8>) {
        if let bits = IPAddress.parseIPv4(bytes) {
            self.init(v4: bits)
        } else if let (high, low) = IPAddress.parseIPv6(bytes) {
            self.init(isIPv6: true, high: high, low: low)
        } else {
            return nil
        }
    }

    private static func parseIPv4(_ bytes: Span<UInt8>) -> UInt32? {
        guard bytes.count >= 7, bytes.count <= 15 else { return nil }
        var bits: UInt32 = 0
        var octet: UInt32 = 0
        var digits = 0
        var dots = 0
        for index in bytes.indices {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                // No leading zero: some parsers read it as octal, so nothing writes it.
                if digits > 0, octet == 0 { return nil }
                octet = octet * 10 + UInt32(byte - UInt8(ascii: "0"))
                digits += 1
                if octet > 255 { return nil }
            case UInt8(ascii: "."):
                guard digits > 0, dots < 3 else { return nil }
                bits = bits << 8 | octet
                octet = 0
                digits = 0
                dots += 1
            default:
                return nil
            }
        }
        guard dots == 3, digits > 0 else { return nil }
        return bits << 8 | octet
    }

    private static func parseIPv6(_ bytes: Span<UInt8>) -> (high: UInt64, low: UInt64)? {
        guard bytes.count >= 2, bytes.count <= 45 else { return nil }
        var groups: [UInt16] = []
        groups.reserveCapacity(8)
        /// How many groups stood before `::`.
        var gap: Int?
        var index = 0
        if bytes[0] == UInt8(ascii: ":") {
            guard bytes[1] == UInt8(ascii: ":") else { return nil }
            gap = 0
            index = 2
        }
        while index < bytes.count {
            guard groups.count < 8 else { return nil }
            let start = index
            var value: UInt32 = 0
            while index < bytes.count, let digit = hexDigit(bytes[index]) {
                guard index - start < 4 else { return nil }
                value = value << 4 | digit
                index += 1
            }
            if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
                guard groups.count <= 6,
                    let bits = parseIPv4(bytes.extracting(start..<bytes.count))
                else { return nil }
                groups.append(UInt16(truncatingIfNeeded: bits >> 16))
                groups.append(UInt16(truncatingIfNeeded: bits))
                index = bytes.count
                break
            }
            guard index > start else { return nil }
            groups.append(UInt16(truncatingIfNeeded: value))
            guard index < bytes.count else { break }
            guard bytes[index] == UInt8(ascii: ":") else { return nil }
            index += 1
            guard index < bytes.count else { return nil }
            if bytes[index] == UInt8(ascii: ":") {
                guard gap == nil else { return nil }
                gap = groups.count
                index += 1
            }
        }
        if let gap {
            // `::` stands for at least one group.
            guard groups.count < 8 else { return nil }
            groups.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: gap)
        }
        guard groups.count == 8 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for index in 0..<4 {
            high = high << 16 | UInt64(groups[index])
            low = low << 16 | UInt64(groups[index + 4])
        }
        return (high, low)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}

extension IPAddress: Comparable {
    public static func < (a: IPAddress, b: IPAddress) -> Bool {
        if a.isIPv6 != b.isIPv6 { return !a.isIPv6 }
        if a.high != b.high { return a.high < b.high }
        return a.low < b.low
    }
}

extension IPAddress: CustomStringConvertible {
    /// The canonical text: dotted decimal, or RFC 5952 with the mixed form for IPv4-mapped
    /// addresses alone.
    public var description: String {
        isIPv6 ? describeIPv6() : IPAddress.describeIPv4(UInt32(truncatingIfNeeded: low))
    }

    private static func describeIPv4(_ bits: UInt32) -> String {
        // Written at every poll for every backend, and short enough to need no memory.
        String(unsafeUninitializedCapacity: 15) { buffer in
            var count = 0
            func append(_ byte: UInt32) {
                buffer[count] = UInt8(truncatingIfNeeded: byte)
                count += 1
            }
            for index in 0..<4 as Range<UInt32> {
                let octet = bits >> (24 - 8 * index) & 255
                if index > 0 { append(0x2e) }
                if octet >= 100 { append(0x30 + octet / 100) }
                if octet >= 10 { append(0x30 + octet / 10 % 10) }
                append(0x30 + octet % 10)
            }
            return count
        }
    }

    private func describeIPv6() -> String {
        if high == 0, low >> 32 == 0xffff {
            return "::ffff:" + IPAddress.describeIPv4(UInt32(truncatingIfNeeded: low))
        }
        let groups = (0..<8).map { index in
            let half = index < 4 ? high : low
            return UInt16(truncatingIfNeeded: half >> UInt64(48 - 16 * (index & 3)))
        }
        // The first of the longest runs of two or more zero groups becomes `::`.
        var best = 0..<0
        var index = 0
        while index < 8 {
            var end = index
            while end < 8, groups[end] == 0 { end += 1 }
            if end - index > max(1, best.count) { best = index..<end }
            index = max(end, index + 1)
        }
        func joined(_ range: Range<Int>) -> String {
            groups[range].map { String($0, radix: 16) }.joined(separator: ":")
        }
        if best.isEmpty { return joined(0..<8) }
        return joined(0..<best.lowerBound) + "::" + joined(best.upperBound..<8)
    }
}
