/// An array of objects, all values strings, without an end of line.
final class JSONFormatter: RowFormatter {
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
        if next == 0 {
            output.write(isFirst ? "[{" : ",{")
            isFirst = false
        } else {
            output.write(",")
        }
        output.write("\"")
        output.write(columns[next].key)
        output.write("\":\"")
        JSONText.write(value, to: output)
        output.write("\"")
        next += 1
        if next == columns.count {
            next = 0
            output.write("}")
        }
    }

    func finish() {
        output.write(isFirst ? "[]" : "]")
    }
}
