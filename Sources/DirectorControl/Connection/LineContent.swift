internal import Glibc

/// What counts of a line, by the rules of Dovecot's own readers.
enum LineContent {
    /// The length without a CR at its end, and up to the first NUL.
    ///
    /// - Parameter line: a line without its LF.
    static func length(of line: UnsafeRawBufferPointer) -> Int {
        guard let base = line.baseAddress, !line.isEmpty else { return 0 }
        let length = line[line.count - 1] == UInt8(ascii: "\r") ? line.count - 1 : line.count
        guard let nul = memchr(base, 0, length) else { return length }
        return UnsafeRawPointer(nul) - base
    }
}
