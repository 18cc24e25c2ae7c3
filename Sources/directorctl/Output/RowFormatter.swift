/// One of the forms that rows of values are printed in. Columns come first, then the values, row by
/// row, then the end.
protocol RowFormatter: AnyObject {
    /// A further column.
    func add(_ column: Column)
    /// The next value: of the next column, or of the first one of the next row.
    func print(_ value: Span<UInt8>) throws(Stop)
    /// What must be printed when the command is over, even where it had no columns.
    func finish()
}

/// The forms by name.
enum Formatters {
    static let names = ["flow", "tab", "table", "pager", "json", "formatted"]

    /// - Parameter hidesTitles: `-h`; for `tab` and `table`.
    static func make(
        _ name: String, output: OutputStream, hidesTitles: Bool
    ) -> (any RowFormatter)? {
        switch name {
        case "flow": FlowFormatter(output: output)
        case "tab": TabFormatter(output: output, hidesTitles: hidesTitles)
        case "table":
            TableFormatter(output: output, hidesTitles: hidesTitles, width: TerminalSize.tableWidth())
        case "pager": PagerFormatter(output: output)
        case "json": JSONFormatter(output: output)
        case "formatted": FormattedFormatter(output: output)
        default: nil
        }
    }
}
