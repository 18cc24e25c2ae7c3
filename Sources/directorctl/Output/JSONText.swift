/// Text within a JSON string.
enum JSONText {
    /// Writes escaped text. Bytes that are no UTF-8 become U+FFFD, one for each.
    static func write(_ value: Span<UInt8>, to output: OutputStream) {
        var index = 0
        var plain = 0
        while index < value.count {
            let byte = value[index]
            if byte >= 0x20, byte < 0x7f, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
                index += 1
                continue
            }
            if byte == 0x7f {
                index += 1
                continue
            }
            let length = byte < 0x80 ? 1 : UTF8Text.scalarLength(value, at: index)
            if byte >= 0x80, length > 0, !isLineSeparator(value, at: index, length: length) {
                index += length
                continue
            }
            output.write(value.extracting(plain..<index))
            if byte < 0x80 {
                writeEscaped(byte, to: output)
            } else if length > 0 {
                output.write(value[index + 2] == 0xa8 ? "\\u2028" : "\\u2029")
            } else {
                output.write("\u{fffd}")
            }
            index += max(1, length)
            plain = index
        }
        output.write(value.extracting(plain..<value.count))
    }

    /// Text of the program's own as a JSON string with its quotes.
    static func write(quoted text: String, to output: OutputStream) {
        output.write("\"")
        write(Array(text.utf8).span, to: output)
        output.write("\"")
    }

    /// U+2028 and U+2029 end a line in JavaScript.
    private static func isLineSeparator(_ value: Span<UInt8>, at index: Int, length: Int) -> Bool {
        length == 3 && value[index] == 0xe2 && value[index + 1] == 0x80
            && (value[index + 2] == 0xa8 || value[index + 2] == 0xa9)
    }

    private static func writeEscaped(_ byte: UInt8, to output: OutputStream) {
        switch byte {
        case UInt8(ascii: "\""): output.write("\\\"")
        case UInt8(ascii: "\\"): output.write("\\\\")
        case 0x08: output.write("\\b")
        case 0x0c: output.write("\\f")
        case 0x0a: output.write("\\n")
        case 0x0d: output.write("\\r")
        case 0x09: output.write("\\t")
        default:
            let digits = String(byte, radix: 16)
            output.write("\\u00" + (digits.utf8.count == 1 ? "0" : "") + digits)
        }
    }
}
