internal import Glibc

/// How large the terminal is.
struct TerminalSize: Equatable {
    var columns: Int
    var rows: Int

    init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }

    /// Nil where the descriptor is no terminal.
    init?(of descriptor: Int32) {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 else { return nil }
        columns = Int(size.ws_col)
        rows = Int(size.ws_row)
    }

    /// The width that tables are made for: the terminal's, 30 at least; 80 without one.
    static func tableWidth() -> Int {
        TerminalSize(of: STDOUT_FILENO).map { max(30, $0.columns) } ?? 80
    }
}
