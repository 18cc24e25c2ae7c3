internal import AdminProbe

/// The fields of a row, unescaped, as many as there are.
struct ListFields {
    private let fields: [[UInt8]]

    init(_ line: Span<UInt8>) {
        var fields: [[UInt8]] = []
        var start = 0
        for index in line.indices where line[index] == UInt8(ascii: "\t") {
            fields.append(ListFields.field(line.extracting(start..<index)))
            start = index + 1
        }
        fields.append(ListFields.field(line.extracting(start..<line.count)))
        self.fields = fields
    }

    /// An escaped NUL ends the field, as it does for programs in C.
    private static func field(_ bytes: Span<UInt8>) -> [UInt8] {
        let unescaped = TabEscaping.unescapedBytes(bytes)
        return unescaped.firstIndex(of: 0).map { Array(unescaped[..<$0]) } ?? unescaped
    }

    var count: Int { fields.count }

    subscript(_ index: Int) -> [UInt8] { fields[index] }
}

extension RowFormatter {
    func print(_ text: String) throws(Stop) {
        try print(Array(text.utf8).span)
    }
}
