internal import Glibc

/// A file of user names, one per line, as `map -f` takes it.
public enum UsersFile {
    /// The longest line; a longer one ends the file, as it does for Dovecot.
    static let longestLine = 8192

    /// Hands each name of a file, or of standard input, to `body`.
    ///
    /// A file that can't be read counts as empty, a last line without LF isn't read, a CR before an
    /// LF is stripped, and a NUL ends a name.
    ///
    /// - Parameters:
    ///   - path: the file; nil for standard input.
    ///   - body: takes a name.
    public static func forEachName(path: [UInt8]?, _ body: (Span<UInt8>) -> Void) {
        let descriptor: Int32
        if let path {
            descriptor = (path + [0]).withUnsafeBufferPointer { buffer in
                buffer.baseAddress!.withMemoryRebound(to: CChar.self, capacity: buffer.count) {
                    open($0, O_RDONLY | O_CLOEXEC)
                }
            }
        } else {
            descriptor = dup(STDIN_FILENO)
        }
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        var start = 0
        var end = 0
        while true {
            let count = read(descriptor, buffer.baseAddress! + end, buffer.count - end)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            end += count
            while let found = memchr(buffer.baseAddress! + start, 0x0a, end - start) {
                let length = found - (buffer.baseAddress! + start)
                guard length < longestLine else { return }
                let line = UnsafeRawBufferPointer(rebasing: buffer[start..<(start + length)])
                body(
                    Span(
                        _unsafeBytes: UnsafeRawBufferPointer(
                            rebasing: line[..<LineContent.length(of: line)])))
                start += length + 1
            }
            guard end - start < longestLine else { return }
            memmove(buffer.baseAddress!, buffer.baseAddress! + start, end - start)
            end -= start
            start = 0
        }
    }
}
