internal import Glibc

/// Standard output, buffered. What is in the buffer is dropped when the program ends by a fault, as
/// it is by `doveadm`.
final class OutputStream {
    private static let capacity = 1 << 16
    private var buffer: [UInt8] = []
    private let descriptor: Int32
    /// A write failed: nobody reads any more, or the disk is full.
    private(set) var failure: Int32?

    init(descriptor: Int32 = STDOUT_FILENO) {
        self.descriptor = descriptor
        buffer.reserveCapacity(OutputStream.capacity + 4096)
    }

    func write(_ text: StaticString) {
        text.withUTF8Buffer { buffer.append(contentsOf: $0) }
        flushIfFull()
    }

    func write(_ text: String) {
        buffer.append(contentsOf: text.utf8)
        flushIfFull()
    }

    func write(_ bytes: Span<UInt8>) {
        bytes.withUnsafeBufferPointer { buffer.append(contentsOf: $0) }
        flushIfFull()
    }

    func write(repeating byte: UInt8, count: Int) {
        for _ in 0..<max(0, count) { buffer.append(byte) }
        flushIfFull()
    }

    func flush() {
        buffer.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty, failure == nil {
                let piece = UnsafeRawBufferPointer(rebasing: rest)
                let count = Glibc.write(descriptor, piece.baseAddress, piece.count)
                if count >= 0 {
                    rest = rest.dropFirst(count)
                } else if errno != EINTR {
                    failure = errno
                }
            }
        }
        buffer.removeAll(keepingCapacity: true)
    }

    private func flushIfFull() {
        if buffer.count >= OutputStream.capacity { flush() }
    }
}
