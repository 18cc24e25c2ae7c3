internal import AdminProbe
internal import Glibc

/// A connected socket, read line by line with a deadline on each wait. Closed with its last
/// reference. Not for two threads at once.
package final class LineStream {
    /// The longest line that is held, in bytes; Dovecot's are below 2 KiB.
    static let longestLine = 1 << 24
    private static let longAnswerBuffer = 1 << 18

    private let descriptor: Int32
    private let target: String
    private var buffer: UnsafeMutableRawBufferPointer
    /// What has been read and not yet taken is `start..<end` of the buffer.
    private var start = 0
    private var end = 0
    private var isLongAnswerExpected = false

    /// - Parameters:
    ///   - descriptor: a connected socket, which this stream closes.
    ///   - target: what it is called in faults.
    package init(descriptor: Int32, target: String) {
        self.descriptor = descriptor
        self.target = target
        // The size of the first buffer of Dovecot's own tools: their messages say what is left of it.
        buffer = .allocate(byteCount: 8192, alignment: 16)
    }

    deinit {
        buffer.deallocate()
        close(descriptor)
    }

    /// A long answer is to come: once the buffer is full, reads become fewer and larger.
    func expectLongAnswer() {
        isLongAnswerExpected = true
    }

    /// Sends all the bytes.
    ///
    /// - Parameter timeout: for all of it; nil waits for ever.
    package func write(_ bytes: [UInt8], timeout: Duration?) throws(DialogueFault) {
        let deadline = timeout.map { MonotonicTime.now() + $0 }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(
                    descriptor, $0.baseAddress, $0.count,
                    Int32(Int(MSG_NOSIGNAL) | Int(MSG_DONTWAIT)))
            }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                guard wait(for: Int16(POLLOUT), until: deadline) else {
                    throw .timedOut(target: target, seconds: timeout?.inSeconds ?? 0)
                }
            } else if errno != EINTR {
                throw .writeFailed(target: target, code: errno)
            }
        }
    }

    /// Hands the next line, without its end, to `body`.
    ///
    /// As Dovecot's own tools do it: a CR before the LF is stripped, a NUL ends what counts of the
    /// line, and bytes without an LF at the end of the stream are no line.
    ///
    /// - Parameter timeout: for each wait for input, and for a line that comes in a drip; nil waits
    ///   for ever.
    /// - Parameter eachSecond: called about once a second while there is nothing to read.
    /// - Returns: what `body` made of the line; nil at the end of the stream.
    package func nextLine<Result>(
        timeout: Duration?, eachSecond: (() -> Void)? = nil, _ body: (Span<UInt8>) -> Result
    ) throws(DialogueFault) -> Result? {
        /// Made at the first wait alone: most lines are in the buffer already.
        var deadline: MonotonicTime?
        var searched = 0
        while true {
            if let found = memchr(buffer.baseAddress! + start + searched, 0x0a, end - start - searched) {
                let lineEnd = found - buffer.baseAddress!
                let line = UnsafeRawBufferPointer(rebasing: buffer[start..<lineEnd])
                start = lineEnd + 1
                return body(
                    Span(
                        _unsafeBytes: UnsafeRawBufferPointer(
                            rebasing: line[..<LineContent.length(of: line)])))
            }
            searched = end - start
            if deadline == nil { deadline = timeout.map { MonotonicTime.now() + $0 } }
            guard try fill(until: deadline, timeout: timeout, eachSecond: eachSecond) else {
                return nil
            }
        }
    }

    /// Reads what comes next; false at the end of the stream.
    private func fill(
        until deadline: MonotonicTime?, timeout: Duration?, eachSecond: (() -> Void)?
    ) throws(DialogueFault) -> Bool {
        if end == buffer.count {
            if isLongAnswerExpected, buffer.count < LineStream.longAnswerBuffer {
                resize(to: LineStream.longAnswerBuffer)
            } else if start > 0 {
                memmove(buffer.baseAddress!, buffer.baseAddress! + start, end - start)
                end -= start
                start = 0
            } else {
                guard buffer.count < LineStream.longestLine else {
                    throw .lineTooLong(target: target, limit: LineStream.longestLine)
                }
                resize(to: buffer.count * 2)
            }
        }
        while true {
            let room = buffer.count - end
            let count = recv(
                descriptor, buffer.baseAddress! + end, room, Int32(MSG_DONTWAIT))
            if count > 0 {
                end += count
                return true
            }
            if count == 0 { return false }
            if errno == EAGAIN {
                if let eachSecond {
                    let pause = MonotonicTime.now() + .seconds(1)
                    guard !wait(for: Int16(POLLIN), until: min(pause, deadline ?? pause)) else {
                        continue
                    }
                    guard deadline.map({ .now() < $0 }) ?? true else {
                        throw .timedOut(target: target, seconds: timeout?.inSeconds ?? 0)
                    }
                    eachSecond()
                    continue
                }
                guard wait(for: Int16(POLLIN), until: deadline) else {
                    throw .timedOut(target: target, seconds: timeout?.inSeconds ?? 0)
                }
            } else if errno != EINTR {
                throw .readFailed(target: target, size: room, code: errno)
            }
        }
    }

    private func resize(to size: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
        buffer.deallocate()
        buffer = larger
        end -= start
        start = 0
    }

    /// Waits until the socket is ready; false when the deadline has passed.
    private func wait(for events: Int16, until deadline: MonotonicTime?) -> Bool {
        var milliseconds: Int32 = -1
        if let deadline {
            let left = (deadline - .now()).inNanoseconds
            guard left > 0 else { return false }
            milliseconds = Int32(min((left + 999_999) / 1_000_000, 1_000_000_000))
        }
        var watched = pollfd(fd: descriptor, events: events, revents: 0)
        // Interrupted or not, the caller looks at the socket again, and comes back.
        return poll(&watched, 1, milliseconds) != 0
    }
}
