/// `title: value`, a line for each value, and a form feed between rows.
final class PagerFormatter: RowFormatter {
    private let output: OutputStream
    private var columns: [Column] = []
    private var next = 0
    private var isFirst = true

    init(output: OutputStream) {
        self.output = output
    }

    func add(_ column: Column) {
        columns.append(column)
    }

    func print(_ value: Span<UInt8>) {
        if next == 0, !isFirst { output.write("\u{0c}\n") }
        isFirst = false
        if !columns[next].hidesTitle {
            output.write(columns[next].title)
            output.write(": ")
        }
        output.write(value)
        output.write("\n")
        next = (next + 1) % columns.count
    }

    func finish() {}
}
