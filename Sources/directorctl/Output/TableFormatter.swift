/// A table for people, as wide as the terminal. Columns are made as wide as the first hundred rows
/// need, narrower where that is too much, and values are never cut.
final class TableFormatter: RowFormatter {
    private struct Width {
        var shortest: Int
        var longest: Int
        var current: Int
    }

    private static let mostBufferedRows = 100

    private let output: OutputStream
    private let hidesTitles: Bool
    private let width: Int
    private var columns: [Column] = []
    private var widths: [Width] = []
    /// The rows that widths are computed from; nil once they have been.
    private var buffered: [[UInt8]]? = []
    private var next = 0

    /// - Parameter width: in characters.
    init(output: OutputStream, hidesTitles: Bool, width: Int) {
        self.output = output
        self.hidesTitles = hidesTitles
        self.width = width
    }

    func add(_ column: Column) {
        columns.append(column)
        let length = column.title.utf8.count
        widths.append(Width(shortest: length, longest: length, current: length))
    }

    func print(_ value: Span<UInt8>) {
        if buffered != nil {
            if buffered!.count < TableFormatter.mostBufferedRows * columns.count {
                buffered!.append(value.withUnsafeBufferPointer { Array($0) })
                return
            }
            flush()
        }
        write(value)
    }

    func finish() {
        if buffered != nil, !columns.isEmpty { flush() }
    }

    private func flush() {
        let rows = buffered ?? []
        buffered = nil
        measure(rows)
        fit()
        writeTitles()
        for value in rows { write(value.span) }
    }

    private func measure(_ values: [[UInt8]]) {
        for (index, value) in values.enumerated() {
            let column = index % columns.count
            let length = UTF8Text.tableLength(value.span)
            widths[column].shortest = min(widths[column].shortest, length)
            if length > widths[column].longest {
                widths[column].longest = length
                widths[column].current = length
            }
        }
    }

    /// One pass from the last column to the first makes them narrower, or what is left widens one.
    private func fit() {
        var total = widths.reduce(-1) { $0 + $1.longest + 1 }
        if total > width {
            for index in widths.indices.reversed() {
                let spare = widths[index].current - widths[index].shortest
                if total - spare <= width {
                    widths[index].current -= total - width
                    total = width
                    break
                }
                if spare > 0 { widths[index].current -= max(1, spare / 2) }
            }
        }
        if total < width {
            let index = columns.firstIndex { $0.expands } ?? columns.count - 1
            widths[index].current += (width - total) / 2
        }
    }

    private func writeTitles() {
        guard !hidesTitles, columns.contains(where: { !$0.hidesTitle }) else { return }
        for (index, column) in columns.enumerated() {
            if index > 0 { output.write(" ") }
            output.write(column.title)
            output.write(
                repeating: UInt8(ascii: " "), count: widths[index].current - column.title.utf8.count)
        }
        output.write("\n")
    }

    private func write(_ value: Span<UInt8>) {
        output.write(value)
        output.write(
            repeating: UInt8(ascii: " "),
            count: widths[next].current + UTF8Text.continuationBytes(value) - value.count)
        next += 1
        if next == columns.count {
            next = 0
            output.write("\n")
        } else {
            output.write(" ")
        }
    }
}
