/// A value of JSON (RFC 8259), as far as recordings need it.
enum JSONValue: Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Text that isn't JSON.
    struct Invalid: Error {
        let reason: String
    }

    private static let deepest = 32

    /// Reads one value, with nothing but blanks around it.
    init(parsing bytes: ArraySlice<UInt8>) throws(Invalid) {
        var reader = Reader(rest: bytes)
        self = try reader.value(depth: 0)
        reader.skipBlanks()
        guard reader.rest.isEmpty else { throw Invalid(reason: "something follows the value") }
    }

    subscript(_ key: String) -> JSONValue? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    var number: Double? {
        if case .number(let number) = self { number } else { nil }
    }

    var strings: [String]? {
        guard case .array(let values) = self else { return nil }
        let strings = values.compactMap(\.string)
        return strings.count == values.count ? strings : nil
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func skipBlanks() {
            rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }
        }

        private mutating func take(_ text: String) throws(Invalid) {
            guard rest.starts(with: text.utf8) else { throw Invalid(reason: "'\(text)' expected") }
            rest = rest.dropFirst(text.utf8.count)
        }

        private mutating func takes(_ byte: Character) -> Bool {
            skipBlanks()
            guard rest.first == byte.asciiValue else { return false }
            rest = rest.dropFirst()
            return true
        }

        mutating func value(depth: Int) throws(Invalid) -> JSONValue {
            guard depth < JSONValue.deepest else { throw Invalid(reason: "it is nested too deeply") }
            skipBlanks()
            switch rest.first {
            case UInt8(ascii: "{"): return try object(depth: depth)
            case UInt8(ascii: "["): return try array(depth: depth)
            case UInt8(ascii: "\""): return .string(try text())
            case UInt8(ascii: "t"):
                try take("true")
                return .bool(true)
            case UInt8(ascii: "f"):
                try take("false")
                return .bool(false)
            case UInt8(ascii: "n"):
                try take("null")
                return .null
            case nil: throw Invalid(reason: "it ends too early")
            default: return .number(try numeral())
            }
        }

        private mutating func object(depth: Int) throws(Invalid) -> JSONValue {
            rest = rest.dropFirst()
            var members: [String: JSONValue] = [:]
            if takes("}") { return .object(members) }
            repeat {
                skipBlanks()
                guard rest.first == UInt8(ascii: "\"") else { throw Invalid(reason: "a name is missing") }
                let name = try text()
                guard takes(":") else { throw Invalid(reason: "':' is missing behind \"\(name)\"") }
                members[name] = try value(depth: depth + 1)
            } while takes(",")
            guard takes("}") else { throw Invalid(reason: "'}' is missing") }
            return .object(members)
        }

        private mutating func array(depth: Int) throws(Invalid) -> JSONValue {
            rest = rest.dropFirst()
            var values: [JSONValue] = []
            if takes("]") { return .array(values) }
            repeat { values.append(try value(depth: depth + 1)) } while takes(",")
            guard takes("]") else { throw Invalid(reason: "']' is missing") }
            return .array(values)
        }

        private mutating func numeral() throws(Invalid) -> Double {
            let digits = rest.prefix {
                (0x30...0x39).contains($0) || [0x2b, 0x2d, 0x2e, 0x45, 0x65].contains($0)
            }
            rest = rest.dropFirst(digits.count)
            guard let number = Double(String(decoding: digits, as: UTF8.self)), number.isFinite else {
                throw Invalid(reason: "no value where one is expected")
            }
            return number
        }

        private mutating func text() throws(Invalid) -> String {
            rest = rest.dropFirst()
            var bytes: [UInt8] = []
            while let byte = rest.popFirst() {
                switch byte {
                case UInt8(ascii: "\""):
                    guard let text = String(validating: bytes, as: UTF8.self) else {
                        throw Invalid(reason: "a text isn't UTF-8")
                    }
                    return text
                case UInt8(ascii: "\\"): bytes += try escape()
                case ..<0x20: throw Invalid(reason: "a text has a control character")
                default: bytes.append(byte)
                }
            }
            throw Invalid(reason: "a text doesn't end")
        }

        private mutating func escape() throws(Invalid) -> [UInt8] {
            switch rest.popFirst() {
            case UInt8(ascii: "n"): return [0x0a]
            case UInt8(ascii: "t"): return [0x09]
            case UInt8(ascii: "r"): return [0x0d]
            case UInt8(ascii: "b"): return [0x08]
            case UInt8(ascii: "f"): return [0x0c]
            case UInt8(ascii: "\""): return [UInt8(ascii: "\"")]
            case UInt8(ascii: "\\"): return [UInt8(ascii: "\\")]
            case UInt8(ascii: "/"): return [UInt8(ascii: "/")]
            case UInt8(ascii: "u"):
                var units = [try unit()]
                if UTF16.isLeadSurrogate(units[0]), rest.starts(with: "\\u".utf8) {
                    rest = rest.dropFirst(2)
                    units.append(try unit())
                }
                return Array(String(decoding: units, as: UTF16.self).utf8)
            default: throw Invalid(reason: "an escape in a text isn't understood")
            }
        }

        private mutating func unit() throws(Invalid) -> UInt16 {
            let digits = String(decoding: rest.prefix(4), as: UTF8.self)
            rest = rest.dropFirst(4)
            guard digits.utf8.count == 4, let unit = UInt16(digits, radix: 16) else {
                throw Invalid(reason: "\\u needs four hexadecimal digits")
            }
            return unit
        }
    }
}
