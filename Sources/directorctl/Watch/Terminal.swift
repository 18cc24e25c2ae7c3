internal import Console
internal import Glibc

/// The terminal while a full-screen view has it: no echo, no lines, the other screen. It is given
/// back as it was, also when the program ends by a signal.
final class Terminal: Sendable {
    /// Why there is none.
    struct Unusable: Error {
        let text: String
    }

    private static let enter = "\u{1b}[?1049h\u{1b}[?25l"
    private static let leave = "\u{1b}[0m\u{1b}[?25h\u{1b}[?1049l"

    private let original: termios

    init() throws(Unusable) {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
            throw Unusable(
                text: "a full-screen view needs a terminal; for scripts there are 'ring verify', "
                    + "'status' and '-f json'")
        }
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else {
            throw Unusable(text: "tcgetattr failed: \(String(cString: strerror(errno)))")
        }
        original = settings
        settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
        StandardStream.output.write(Terminal.enter)
    }

    /// Gives it back.
    func restore() {
        StandardStream.output.write(Terminal.leave)
        var settings = original
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
    }

    var size: TerminalSize {
        TerminalSize(of: STDOUT_FILENO) ?? TerminalSize(columns: 80, rows: 24)
    }

    /// Shows lines from the top, and nothing below them.
    func show(_ lines: [String]) {
        // Each line is overwritten where it stands, which flickers less than clearing the screen.
        StandardStream.output.write(
            "\u{1b}[H" + lines.map { "\u{1b}[2K" + $0 }.joined(separator: "\r\n") + "\u{1b}[J")
    }
}
