/// A row of a list of the admin socket.
protocol ListRow: Sendable {
    /// Reads a row; nil where it isn't one.
    init?(parsing line: Span<UInt8>)
}

/// Reads the rows of one of the lists, poll after poll.
///
/// From one poll to the next most lines stay the same, and mostly all do. So a line that says what it
/// said in the last list isn't read again, and a list without any change is the last list itself:
/// whoever compares the two arrays is told so at once.
struct ListReader<Row: ListRow>: Sendable {
    /// The longest list that is compared with the next one, in bytes; some 200,000 backends.
    private static var mostBytes: Int { 8 << 20 }

    /// The last list. While one is under way, its rows are the first of `rows` as long as all are the
    /// same, and in `newRows` from the first difference on.
    private var rows: [Row] = []
    /// The lines of `rows`, each with its LF.
    private var lines: [UInt8] = []
    private var newRows: [Row] = []
    private var newLines: [UInt8] = []
    private var differs = false
    /// Whether the list under way is to be compared with the next one. Not where a line could not be
    /// read, since rows and lines would not match, and not where it is too long to be kept twice.
    private var isComparable = true
    /// The next line of the last list to compare with, by its number and its first byte.
    private var index = 0
    private var cursor = 0

    /// Takes the next line. False where it is no row.
    mutating func take(_ line: Span<UInt8>) -> Bool {
        let end = endOfKnownLine()
        defer {
            if let end {
                index += 1
                cursor = end + 1
            }
        }
        if let end, isKnown(line, end: end) {
            if differs { append(rows[index], line) }
            return true
        }
        beginDifferent()
        guard let row = Row(parsing: line) else {
            forgetLines()
            return false
        }
        append(row, line)
        return true
    }

    /// The list is over. Returns its rows and waits for the next list.
    mutating func finish() -> [Row] {
        if index < rows.count { beginDifferent() }
        let list = differs ? newRows : rows
        if differs {
            rows = isComparable ? newRows : []
            lines = newLines
        }
        newRows = []
        newLines = []
        differs = false
        isComparable = true
        index = 0
        cursor = 0
        return list
    }

    /// Where the last list's line that is due ends; nil behind its last.
    private func endOfKnownLine() -> Int? {
        guard index < rows.count else { return nil }
        return lines.span.extracting(cursor...).firstIndex(of: UInt8(ascii: "\n")).map { cursor + $0 }
    }

    private func isKnown(_ line: Span<UInt8>, end: Int) -> Bool {
        line.hasSameBytes(as: lines.span.extracting(cursor..<end))
    }

    /// From here on the list is another one: what was the same so far is its beginning.
    private mutating func beginDifferent() {
        guard !differs else { return }
        differs = true
        newRows.reserveCapacity(rows.count)
        newRows.append(contentsOf: rows[..<index])
        newLines.reserveCapacity(lines.count)
        newLines.append(contentsOf: lines[..<cursor])
    }

    private mutating func append(_ row: Row, _ line: Span<UInt8>) {
        newRows.append(row)
        guard isComparable else { return }
        guard newLines.count + line.count < ListReader.mostBytes else { return forgetLines() }
        line.withUnsafeBufferPointer { newLines.append(contentsOf: $0) }
        newLines.append(UInt8(ascii: "\n"))
    }

    private mutating func forgetLines() {
        isComparable = false
        newLines = []
    }
}
