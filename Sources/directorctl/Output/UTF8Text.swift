/// What Dovecot takes for a character.
enum UTF8Text {
    /// The length of the character that begins at a byte; 0 where there is none. Encodings that
    /// are longer than need be, surrogates, and what is beyond Unicode are none.
    static func scalarLength(_ text: Span<UInt8>, at index: Int) -> Int {
        let first = text[index]
        let (length, lowest): (Int, UInt32) =
            switch first {
            case 0..<0x80: (1, 0)
            case 0xc0..<0xe0: (2, 0x80)
            case 0xe0..<0xf0: (3, 0x800)
            case 0xf0..<0xf8: (4, 0x1_0000)
            default: (0, 0)
            }
        guard length > 0, index + length <= text.count else { return 0 }
        guard length > 1 else { return 1 }
        var scalar = UInt32(first) & (0x7f >> UInt32(length))
        for offset in 1..<length {
            let byte = text[index + offset]
            guard byte & 0xc0 == 0x80 else { return 0 }
            scalar = scalar << 6 | UInt32(byte & 0x3f)
        }
        guard scalar >= lowest, scalar <= 0x10_ffff, !(0xd800..<0xe000).contains(scalar) else {
            return 0
        }
        return length
    }

    /// How many characters a table counts: by the lengths that first bytes announce, up to one
    /// that is cut off.
    static func tableLength(_ text: Span<UInt8>) -> Int {
        var count = 0
        var index = 0
        while index < text.count {
            index += announcedLength(text[index])
            guard index <= text.count else { break }
            count += 1
        }
        return count
    }

    /// How many bytes of a text continue a character.
    static func continuationBytes(_ text: Span<UInt8>) -> Int {
        var count = 0
        for index in text.indices where text[index] & 0xc0 == 0x80 { count += 1 }
        return count
    }

    private static func announcedLength(_ byte: UInt8) -> Int {
        switch byte {
        case 0xc0..<0xe0: 2
        case 0xe0..<0xf0: 3
        case 0xf0..<0xf8: 4
        case 0xf8..<0xfc: 5
        case 0xfc..<0xfe: 6
        default: 1
        }
    }
}
