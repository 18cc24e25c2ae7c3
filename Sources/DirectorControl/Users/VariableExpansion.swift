internal import AdminProbe
internal import DirectorRing
internal import Glibc

/// Dovecot's variables of a user's name, `[offset.]width[modifiers]variable`, as
/// `director_username_hash` may have them.
///
/// Without the hash functions (`%{sha256:user}`) and the conditional (`%{if;…}`), which are
/// failures here.
public struct VariableExpansion {
    /// A format that can't be expanded.
    public struct Failure: Error, Sendable, Equatable {
        /// Dovecot's words.
        public let reason: String
    }

    private static let mostModifiers = 10

    private let user: [UInt8]

    /// - Parameter user: the whole name.
    init(user: [UInt8]) {
        self.user = user
    }

    /// Expands every variable of a format. The first of several failures is thrown.
    func expand(_ format: [UInt8]) throws(Failure) -> [UInt8] {
        var output: [UInt8] = []
        var failure: Failure?
        var reader = Reader(format)
        while let byte = reader.next() {
            guard byte == UInt8(ascii: "%") else {
                output.append(byte)
                continue
            }
            var selection = Selection(&reader)
            var modifiers: [UInt8] = []
            while modifiers.count < VariableExpansion.mostModifiers, let byte = reader.peek,
                "LUEXRHNMDT".utf8.contains(byte)
            {
                modifiers.append(byte)
                reader.skip()
            }
            guard reader.peek != nil else { break }
            do throws(Failure) {
                var value = try variable(&reader)
                for modifier in modifiers {
                    value = VariableExpansion.modify(value, by: modifier, &selection)
                }
                output += selection.apply(to: value)
            } catch {
                if failure == nil { failure = error }
            }
        }
        if let failure { throw failure }
        return output
    }

    private func variable(_ reader: inout Reader) throws(Failure) -> [UInt8] {
        if let name = reader.bracedName() { return try longVariable(name) }
        guard let key = reader.next() else { return [] }
        switch key {
        case UInt8(ascii: "u"): return user
        case UInt8(ascii: "n"): return localPart
        case UInt8(ascii: "d"): return domain
        case UInt8(ascii: "%"): return [key]
        default:
            throw Failure(reason: "Unknown variable '%\(String(decoding: [key], as: UTF8.self))'")
        }
    }

    private var localPart: [UInt8] { Array(user.prefix { $0 != UInt8(ascii: "@") }) }

    private var domain: [UInt8] {
        user.firstIndex(of: UInt8(ascii: "@")).map { Array(user[($0 + 1)...]) } ?? []
    }

    private func longVariable(_ name: [UInt8]) throws(Failure) -> [UInt8] {
        let text = String(decoding: name, as: UTF8.self)
        switch text {
        case "user": return user
        case "username": return localPart
        case "domain": return domain
        case "pid": return Array("\(getpid())".utf8)
        case "uid": return Array("\(geteuid())".utf8)
        case "gid": return Array("\(getegid())".utf8)
        case "hostname":
            var host = [CChar](repeating: 0, count: 256)
            gethostname(&host, 255)
            return host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        default:
            let key = text.prefix { $0 != ":" }
            guard key == "env", text.contains(":") else {
                throw Failure(reason: "Unknown variable '%\(key)'")
            }
            let name = String(text.dropFirst(4))
            // Dovecot clears its environment of others.
            guard name == "TZ" else { return [] }
            return getenv(name).map { Array(String(cString: $0).utf8) } ?? []
        }
    }

    private static func modify(
        _ value: [UInt8], by modifier: UInt8, _ selection: inout Selection
    ) -> [UInt8] {
        switch modifier {
        case UInt8(ascii: "L"):
            return value.map { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") ? $0 | 0x20 : $0 }
        case UInt8(ascii: "U"):
            return value.map { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") ? $0 & 0xdf : $0 }
        case UInt8(ascii: "E"):
            return value.flatMap { "\"'\\".utf8.contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] }
        case UInt8(ascii: "X"):
            return Array(String(value.span.unsigned() ?? 0, radix: 16).utf8)
        case UInt8(ascii: "R"): return value.reversed()
        case UInt8(ascii: "H"): return selection.hexadecimal(classicHash(value))
        case UInt8(ascii: "N"):
            let word = md5(value).prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return selection.hexadecimal(word)
        case UInt8(ascii: "M"):
            return md5(value).flatMap { byte in
                Array((byte < 16 ? "0" : "").utf8) + Array(String(byte, radix: 16).utf8)
            }
        case UInt8(ascii: "D"):
            return value.flatMap { $0 == UInt8(ascii: ".") ? Array(",dc=".utf8) : [$0] }
        default:
            var trimmed = value[...]
            while let last = trimmed.last, last == 0x20 || (0x09...0x0d).contains(last) {
                trimmed.removeLast()
            }
            return Array(trimmed)
        }
    }

    private static func md5(_ value: [UInt8]) -> [UInt8] {
        var md5 = MD5()
        md5.update(value)
        return md5.digest()
    }

    /// The string hash of `%H`: the classic one of object file formats.
    private static func classicHash(_ value: [UInt8]) -> UInt64 {
        var hash: UInt32 = 0
        for byte in value {
            hash = hash << 4 &+ UInt32(byte)
            let high = hash & 0xf000_0000
            if high != 0 { hash ^= high >> 24 ^ high }
        }
        return UInt64(hash)
    }
}

extension VariableExpansion {
    /// A place in a format.
    private struct Reader {
        private let bytes: [UInt8]
        private var index = 0

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
        }

        var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

        mutating func skip() { index += 1 }

        mutating func skip(_ byte: Character) -> Bool {
            guard let ascii = byte.asciiValue, peek == ascii else { return false }
            index += 1
            return true
        }

        mutating func next() -> UInt8? {
            guard let byte = peek else { return nil }
            index += 1
            return byte
        }

        /// Digits as a number; 0 without any. Far below what would overflow.
        mutating func number() -> Int {
            var number = 0
            while let byte = peek, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
                number = min(number * 10 + Int(byte - UInt8(ascii: "0")), 1 << 30)
                index += 1
            }
            return number
        }

        /// What stands in braces, which may be nested and escaped; nil where no brace stands here,
        /// or none closes.
        mutating func bracedName() -> [UInt8]? {
            guard peek == UInt8(ascii: "{"), bytes[index...].contains(UInt8(ascii: "}")) else {
                return nil
            }
            let start = index + 1
            var depth = 1
            var isEscaped = false
            index = start
            while index < bytes.count, depth > 0 {
                let byte = bytes[index]
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "{") {
                    depth += 1
                } else if byte == UInt8(ascii: "}") {
                    depth -= 1
                }
                index += 1
            }
            return Array(bytes[start..<(depth == 0 ? index - 1 : index)])
        }
    }

    /// `[offset.]width`: which part of a value is taken.
    private struct Selection {
        private var offset = 0
        private var width = 0
        private var isZeroPadded = false

        init(_ reader: inout Reader) {
            var sign = reader.skip("-") ? -1 : 1
            isZeroPadded = reader.skip("0")
            width = reader.number()
            if reader.skip(".") {
                offset = sign * width
                isZeroPadded = reader.skip("0")
                sign = reader.skip("-") ? -1 : 1
                width = sign * reader.number()
            }
        }

        /// A hash as hexadecimal digits; the width is its modulus, the offset its length.
        mutating func hexadecimal(_ hash: UInt64) -> [UInt8] {
            var hash = hash
            if width != 0 {
                hash %= UInt64(truncatingIfNeeded: width)
                width = 0
            }
            let digits = Array(String(UInt32(truncatingIfNeeded: hash), radix: 16).utf8)
            defer { offset = 0 }
            return Array(repeating: UInt8(ascii: "0"), count: max(0, offset - digits.count)) + digits
        }

        func apply(to value: [UInt8]) -> [UInt8] {
            let rest =
                offset < 0 ? value.suffix(-offset) : value.dropFirst(offset)
            if width == 0 { return Array(rest) }
            if isZeroPadded {
                return Array(repeating: UInt8(ascii: "0"), count: max(0, width - rest.count)) + rest
            }
            let length = width < 0 ? rest.count + width : width
            // A width that reaches before the start counts as none.
            return length < 0 ? Array(rest) : Array(rest.prefix(length))
        }
    }
}
