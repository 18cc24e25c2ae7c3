/// The director's escaping of a field: `\x01` and a letter stand for a byte that would end the
/// field or the line.
package enum TabEscaping {
    private static let escape: UInt8 = 0x01

    /// The field's text; nil where it isn't UTF-8. Allocates only where something is escaped.
    static func unescape(_ field: Span<UInt8>) -> String? {
        for index in field.indices where field[index] == escape {
            return String(validating: unescapedBytes(field), as: UTF8.self)
        }
        return field.text()
    }

    /// The field's bytes, whatever they are.
    package static func unescapedBytes(_ field: Span<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(field.count)
        var index = 0
        while index < field.count {
            let byte = field[index]
            index += 1
            guard byte == escape else {
                bytes.append(byte)
                continue
            }
            // A lone escape at the end is dropped, as the server drops it.
            guard index < field.count else { break }
            switch field[index] {
            case UInt8(ascii: "0"): bytes.append(0)
            case UInt8(ascii: "1"): bytes.append(escape)
            case UInt8(ascii: "t"): bytes.append(UInt8(ascii: "\t"))
            case UInt8(ascii: "r"): bytes.append(UInt8(ascii: "\r"))
            case UInt8(ascii: "n"): bytes.append(UInt8(ascii: "\n"))
            case let other: bytes.append(other)
            }
            index += 1
        }
        return bytes
    }

    /// The bytes as a field.
    package static func escape(_ bytes: [UInt8]) -> [UInt8] {
        var field: [UInt8] = []
        field.reserveCapacity(bytes.count)
        for byte in bytes {
            switch byte {
            case 0: field += [escape, UInt8(ascii: "0")]
            case escape: field += [escape, UInt8(ascii: "1")]
            case UInt8(ascii: "\t"): field += [escape, UInt8(ascii: "t")]
            case UInt8(ascii: "\r"): field += [escape, UInt8(ascii: "r")]
            case UInt8(ascii: "\n"): field += [escape, UInt8(ascii: "n")]
            default: field.append(byte)
            }
        }
        return field
    }
}
