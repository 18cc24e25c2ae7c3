/// Lines by a format that the command gives.
final class FormattedFormatter: RowFormatter {
    /// A piece of a format.
    enum Piece: Sendable {
        case text(String)
        /// A value, by its column's key.
        case value(String)
    }

    /// The format of the command; it has none where it prints a table by itself.
    var format: [Piece]?
    private let output: OutputStream
    private var keys: [String] = []
    private var values: [[UInt8]] = []

    init(output: OutputStream) {
        self.output = output
    }

    func add(_ column: Column) {
        keys.append(column.key)
    }

    func print(_ value: Span<UInt8>) throws(Stop) {
        guard let format else {
            throw .fatal("formatted formatter cannot be used without a format.", status: ExitStatus.temporaryFailure)
        }
        values.append(value.withUnsafeBufferPointer { Array($0) })
        guard values.count == keys.count else { return }
        for piece in format {
            switch piece {
            case .text(let text): output.write(text)
            case .value(let key):
                guard let index = keys.firstIndex(of: key) else { continue }
                let value = values[index]
                output.write(value.span)
            }
        }
        values.removeAll(keepingCapacity: true)
    }

    func finish() {}
}
