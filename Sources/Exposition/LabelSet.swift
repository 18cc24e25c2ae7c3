/// Labels, rendered once and used for many samples.
public struct LabelSet: Sendable {
    /// `{a="…",b="…"}` or nothing, and the blank behind it.
    let bytes: [UInt8]

    public static let none = LabelSet(names: [], values: [])

    /// - Parameters:
    ///   - names: valid label names; they aren't escaped.
    ///   - values: any text, one for each name.
    public init(names: [String], values: [String]) {
        self.init(heads: LabelSet.heads(names), values)
    }

    /// The labels of a family, by their values in its order: any text, one for each name.
    public init(_ family: MetricFamily, _ values: String...) {
        self.init(heads: family.labelHeads, values)
    }

    private init(heads: [[UInt8]], _ values: [String]) {
        precondition(heads.count == values.count, "each label has one value")
        guard !heads.isEmpty else {
            bytes = [UInt8(ascii: " ")]
            return
        }
        var bytes: [UInt8] = []
        // Nearly always enough, so that nothing has to be moved.
        bytes.reserveCapacity(heads.reduce(64) { $0 + $1.count })
        for index in heads.indices {
            bytes.append(contentsOf: heads[index])
            Escaping.append(values[index], to: &bytes, quotes: true)
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(contentsOf: "} ".utf8)
        self.bytes = bytes
    }

    /// What stands before each value.
    static func heads(_ names: [String]) -> [[UInt8]] {
        names.enumerated().map { Array("\($0 == 0 ? "{" : ",")\($1)=\"".utf8) }
    }
}

enum Escaping {
    /// Backslash and newline, and in label values quotes too.
    static func append(_ text: String, to bytes: inout [UInt8], quotes: Bool) {
        var text = text
        text.withUTF8 { text in
            let isPlain = text.allSatisfy {
                $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\"")
            }
            if isPlain {
                bytes.append(contentsOf: text)
                return
            }
            for byte in text {
                switch byte {
                case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
                case UInt8(ascii: "\n"): bytes.append(contentsOf: "\\n".utf8)
                case UInt8(ascii: "\"") where quotes: bytes.append(contentsOf: "\\\"".utf8)
                default: bytes.append(byte)
                }
            }
        }
    }
}
