/// Finds `\\/` in quoted scalars of a text; costs nothing in a text without one.
struct EscapeFinder {
    /// Empty where there is nothing to find.
    private let scalars: [Unicode.Scalar]

    init(_ text: [UInt8]) {
        let slash = UInt8(ascii: "/")
        let isAnywhere = zip(text, text.dropFirst()).contains { $0 == UInt8(ascii: "\\") && $1 == slash }
        scalars = isAnywhere ? Array(String(decoding: text, as: UTF8.self).unicodeScalars) : []
    }

    /// - Parameter range: a double-quoted scalar's place in the text, in characters.
    func hasEscapedSlash(_ range: Range<Int>) -> Bool {
        var isEscaped = false
        for scalar in scalars[range.clamped(to: scalars.indices)] {
            if isEscaped, scalar == "/" { return true }
            isEscaped = scalar == "\\" && !isEscaped
        }
        return false
    }
}
