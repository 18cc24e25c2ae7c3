/// Labels, rendered once and used for many samples.
public struct LabelSet: Sendable {
    /// `{a="…",b="…"}`, or nothing.
    let bytes: [UInt8]

    public static let none = LabelSet(names: [], values: [])

    /// - Parameters:
    ///   - names: valid label names; they aren't escaped.
    ///   - values: any text, one for each name.
    public init(names: [String], values: [String]) {
        precondition(names.count == values.count, "each label has one value")
        guard !names.isEmpty else {
            bytes = []
            return
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(48)
        for (name, value) in zip(names, values) {
            bytes.append(bytes.isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ","))
            bytes.append(contentsOf: name.utf8)
            bytes.append(UInt8(ascii: "="))
            bytes.append(UInt8(ascii: "\""))
            Escaping.append(value, to: &bytes, quotes: true)
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: "}"))
        self.bytes = bytes
    }
}

enum Escaping {
    /// Backslash and newline, and in label values quotes too.
    static func append(_ text: String, to bytes: inout [UInt8], quotes: Bool) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
            case UInt8(ascii: "\n"): bytes.append(contentsOf: "\\n".utf8)
            case UInt8(ascii: "\"") where quotes: bytes.append(contentsOf: "\\\"".utf8)
            default: bytes.append(byte)
            }
        }
    }
}
