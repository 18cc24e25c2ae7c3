internal import Glibc

/// One non-blocking connection to an admin socket. Closed with its last reference.
final class AdminSocket {
    private let descriptor: Int32

    /// The longest path that fits a Unix socket's address.
    static let maximumPathLength = 107

    /// Connects. A Unix socket's connect never waits: it succeeds, or fails at once.
    init(connectingTo path: String, reserve: DescriptorReserve?) throws(AdminFault) {
        guard path.utf8.count <= AdminSocket.maximumPathLength else {
            throw AdminFault(
                .notFound,
                "the path is longer than the \(AdminSocket.maximumPathLength) bytes of a socket's")
        }
        var opened = AdminSocket.open()
        while opened < 0, errno == EMFILE || errno == ENFILE, reserve?.release() == true {
            opened = AdminSocket.open()
        }
        guard opened >= 0 else { throw AdminSocket.fault("socket", errno) }
        descriptor = opened

        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(opened, $0, size) }
        }
        if result != 0 {
            let code = errno
            throw code == EAGAIN
                ? AdminFault(.timeout, "the listen queue is full") : AdminSocket.fault("connect", code)
        }
    }

    deinit {
        close(descriptor)
    }

    private static func open() -> Int32 {
        socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    }

    /// The process that opened the listener: Dovecot's master. Nil where the kernel can't name it,
    /// as in another PID namespace.
    var listenerProcess: Int32? {
        // struct ucred: process, user, group.
        var credentials: [Int32] = [0, 0, 0]
        var size = socklen_t(MemoryLayout<Int32>.size * credentials.count)
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0,
            credentials[0] > 0
        else { return nil }
        return credentials[0]
    }

    /// Writes all the bytes.
    func write(_ text: String, until deadline: MonotonicTime, or cancel: Cancellation?)
        throws(AdminFault)
    {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let sent = bytes.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if sent > 0 {
                bytes = bytes.dropFirst(sent)
            } else if errno == EAGAIN {
                try wait(for: Int16(POLLOUT), until: deadline, or: cancel)
            } else if errno != EINTR {
                throw AdminSocket.fault("send", errno)
            }
        }
    }

    /// Reads what is there, waiting for it. Returns 0 at the end of the stream.
    func read(
        into buffer: UnsafeMutableRawBufferPointer, until deadline: MonotonicTime,
        or cancel: Cancellation?
    ) throws(AdminFault) -> Int {
        // The answer is never there at once: waiting comes first.
        while true {
            try wait(for: Int16(POLLIN), until: deadline, or: cancel)
            if let count = try readAvailable(into: buffer) { return count }
        }
    }

    /// Reads what is there without waiting; nil where there is nothing. Returns 0 at the end of the
    /// stream.
    func readAvailable(into buffer: UnsafeMutableRawBufferPointer) throws(AdminFault) -> Int? {
        while true {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count >= 0 { return count }
            if errno == EAGAIN { return nil }
            if errno != EINTR { throw AdminSocket.fault("recv", errno) }
        }
    }

    private func wait(for events: Int16, until deadline: MonotonicTime, or cancel: Cancellation?)
        throws(AdminFault)
    {
        let left = (deadline - .now()).pollMilliseconds
        guard left > 0 else {
            throw AdminFault(.timeout, "no answer within the deadline")
        }
        var descriptors: [pollfd] = [
            pollfd(fd: descriptor, events: events, revents: 0),
            pollfd(fd: cancel?.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
        ]
        let ready = poll(&descriptors, 2, left)
        if ready < 0, errno != EINTR { throw AdminSocket.fault("poll", errno) }
        if descriptors[1].revents != 0 {
            throw AdminFault(.timeout, "stopped while waiting for the director")
        }
    }

    private static func fault(_ call: String, _ code: Int32) -> AdminFault {
        let reason: AdminFault.Reason =
            switch code {
            case ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG: .notFound
            case EACCES, EPERM: .permission
            case ECONNRESET, EPIPE, ENOTCONN: .disconnected
            case ETIMEDOUT: .timeout
            default: .refused
            }
        let isExhausted = [EMFILE, ENFILE, ENOMEM, ENOBUFS].contains(code)
        return AdminFault(
            reason, "\(call): \(String(cString: strerror(code)))",
            remedy: isExhausted ? "raise LimitNOFILE or free memory on this machine" : nil)
    }
}

/// Ends a wait from another thread.
public final class Cancellation: Sendable {
    let descriptor: Int32
    private let writeEnd: Int32

    /// Nil when the process has no descriptors left.
    public init?() {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        descriptor = ends[0]
        writeEnd = ends[1]
    }

    /// Ends every wait that has this cancellation, now and later.
    public func cancel() {
        var byte: UInt8 = 1
        // A full pipe has been cancelled already.
        _ = Glibc.write(writeEnd, &byte, 1)
    }

    /// Waits until the time is over. True when it was cancelled instead.
    public func wait(_ span: Duration) -> Bool {
        let deadline = MonotonicTime.now() + span
        while true {
            var descriptors = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&descriptors, 1, (deadline - .now()).pollMilliseconds)
            if ready > 0 { return true }
            if ready == 0 { return false }
        }
    }

    deinit {
        close(descriptor)
        close(writeEnd)
    }
}

extension Duration {
    /// For poll(2): rounded up, so that nothing wakes before its time; 0 for what is over.
    fileprivate var pollMilliseconds: Int32 {
        let nanoseconds = inNanoseconds
        guard nanoseconds > 0 else { return 0 }
        return Int32(clamping: (nanoseconds - 1) / 1_000_000 + 1)
    }
}
