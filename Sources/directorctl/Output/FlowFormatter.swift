/// `title=value title=value`, a line for each row.
final class FlowFormatter: RowFormatter {
    private let output: OutputStream
    private var columns: [Column] = []
    private var next = 0

    init(output: OutputStream) {
        self.output = output
    }

    func add(_ column: Column) {
        columns.append(column)
    }

    func print(_ value: Span<UInt8>) {
        if !columns[next].hidesTitle {
            output.write(columns[next].title)
            output.write("=")
        }
        output.write(value)
        next += 1
        if next < columns.count {
            output.write(" ")
        } else {
            next = 0
            output.write("\n")
        }
    }

    func finish() {}
}
