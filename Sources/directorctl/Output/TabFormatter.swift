/// Titles, then values, separated by TABs and not escaped.
final class TabFormatter: RowFormatter {
    private let output: OutputStream
    private let hidesTitles: Bool
    private var columns = 0
    private var next = 0
    private var isHeaderOpen = true

    init(output: OutputStream, hidesTitles: Bool) {
        self.output = output
        self.hidesTitles = hidesTitles
    }

    func add(_ column: Column) {
        if !hidesTitles {
            if columns > 0 { output.write("\t") }
            output.write(column.title)
        }
        columns += 1
    }

    func print(_ value: Span<UInt8>) {
        finish()
        if next > 0 { output.write("\t") }
        output.write(value)
        next += 1
        if next == columns {
            next = 0
            output.write("\n")
        }
    }

    /// Ends the line of titles, also where there is none: a reader expects one.
    func finish() {
        guard isHeaderOpen else { return }
        isHeaderOpen = false
        if !hidesTitles { output.write("\n") }
    }
}
