internal import CZlib

/// Gzip in parts: a large part is compressed once and sent with different small parts behind it.
enum Gzip {
    /// A part of a stream, compressed without knowledge of what stands before it.
    struct Part: Sendable {
        let deflated: [UInt8]
        let crc: UInt
        let size: Int
    }

    /// Fast rather than small: pages of metrics shrink to a tenth at any level.
    private static let level: Int32 = 3

    /// Compresses a part. Nil when zlib has no memory.
    ///
    /// - Parameter isLast: nothing comes behind it.
    static func part(_ pieces: [[UInt8]], isLast: Bool) -> Part? {
        var stream = z_stream()
        // A negative window: raw deflate, the frame is ours.
        guard dde_deflate_init(&stream, level, -15) == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        var output: [UInt8] = []
        var crc: UInt = 0
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        for (index, piece) in pieces.enumerated() {
            let isEnd = index == pieces.count - 1
            let flush = !isEnd ? Z_NO_FLUSH : isLast ? Z_FINISH : Z_FULL_FLUSH
            piece.withUnsafeBufferPointer { bytes in
                crc = crc32(crc, bytes.baseAddress, UInt32(bytes.count))
                // zlib only reads there; its field just isn't declared so.
                stream.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
                stream.avail_in = UInt32(bytes.count)
                repeat {
                    buffer.withUnsafeMutableBufferPointer { space in
                        stream.next_out = space.baseAddress
                        stream.avail_out = UInt32(space.count)
                        _ = deflate(&stream, flush)
                    }
                    output.append(contentsOf: buffer[..<(buffer.count - Int(stream.avail_out))])
                } while stream.avail_out == 0
            }
        }
        return Part(
            deflated: output, crc: crc, size: pieces.reduce(0) { $0 + $1.count })
    }

    /// One gzip stream of two parts, the second of which is the last.
    static func stream(_ first: Part, _ last: Part) -> [UInt8] {
        let header: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 3]
        let crc = crc32_combine(first.crc, last.crc, last.size)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(header.count + first.deflated.count + last.deflated.count + 8)
        bytes += header
        bytes += first.deflated
        bytes += last.deflated
        for number in [UInt64(crc), UInt64(first.size + last.size)] {
            for shift in stride(from: UInt64(0), to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: number >> shift))
            }
        }
        return bytes
    }
}
