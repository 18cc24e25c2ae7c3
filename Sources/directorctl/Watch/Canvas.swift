/// Lines of a screen, cut to its width and coloured where that is wanted.
struct Canvas {
    enum Style {
        case plain
        case bold
        case faint
        case good
        case warning
        case bad

        var sequence: String {
            switch self {
            case .plain: ""
            case .bold: "\u{1b}[1m"
            case .faint: "\u{1b}[2m"
            case .good: "\u{1b}[32m"
            case .warning: "\u{1b}[33m"
            case .bad: "\u{1b}[1;31m"
            }
        }
    }

    let width: Int
    let usesColor: Bool
    var lines: [String] = []

    init(width: Int, usesColor: Bool) {
        self.width = width
        self.usesColor = usesColor
    }

    /// - Parameter right: stands at the right edge, where there is room for it.
    mutating func add(_ text: String, right: String = "", style: Style = .plain) {
        // What a director says is shown, and never obeyed by the terminal.
        var line = String(text.map { $0.isControl ? "?" : $0 }.prefix(width))
        if !right.isEmpty, line.count + right.count < width {
            line += String(repeating: " ", count: width - line.count - right.count) + right
        }
        lines.append(
            usesColor && style != .plain ? style.sequence + line + "\u{1b}[0m" : line)
    }
}

extension Character {
    fileprivate var isControl: Bool {
        unicodeScalars.contains { $0.value < 0x20 || (0x7f..<0xa0).contains($0.value) }
    }
}
