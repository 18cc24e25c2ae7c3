/// What a person does at the keyboard of a full-screen view.
enum Key: Equatable, Sendable {
    case quit
    case up
    case down
    case pageUp
    case pageDown
    case top
    case bottom
    /// The next director of several.
    case next
    /// Another order of the backends.
    case sort
    case help

    /// The keys in what a terminal sends at once.
    static func read(_ bytes: [UInt8]) -> [Key] {
        var keys: [Key] = []
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            if byte == 0x1b, rest.first == UInt8(ascii: "[") || rest.first == UInt8(ascii: "O") {
                rest.removeFirst()
                let digits = rest.prefix { (0x30...0x3b).contains($0) }
                rest = rest.dropFirst(digits.count)
                if let key = escaped(rest.popFirst(), digits) { keys.append(key) }
            } else if let key = plain(byte) {
                keys.append(key)
            }
        }
        return keys
    }

    private static func plain(_ byte: UInt8) -> Key? {
        switch byte {
        // Also Ctrl-C and Ctrl-D, and Escape alone.
        case UInt8(ascii: "q"), UInt8(ascii: "Q"), 0x03, 0x04, 0x1b: .quit
        case UInt8(ascii: "k"): .up
        case UInt8(ascii: "j"), 0x0a, 0x0d: .down
        case UInt8(ascii: " "): .pageDown
        case UInt8(ascii: "b"): .pageUp
        case UInt8(ascii: "g"): .top
        case UInt8(ascii: "G"): .bottom
        case UInt8(ascii: "\t"), UInt8(ascii: "n"): .next
        case UInt8(ascii: "s"): .sort
        case UInt8(ascii: "?"), UInt8(ascii: "h"): .help
        default: nil
        }
    }

    private static func escaped(_ letter: UInt8?, _ digits: ArraySlice<UInt8>) -> Key? {
        switch letter {
        case UInt8(ascii: "A"): .up
        case UInt8(ascii: "B"): .down
        case UInt8(ascii: "H"): .top
        case UInt8(ascii: "F"): .bottom
        case UInt8(ascii: "~"):
            switch digits.first {
            case UInt8(ascii: "1"), UInt8(ascii: "7"): .top
            case UInt8(ascii: "4"), UInt8(ascii: "8"): .bottom
            case UInt8(ascii: "5"): .pageUp
            case UInt8(ascii: "6"): .pageDown
            default: nil
            }
        default: nil
        }
    }
}
