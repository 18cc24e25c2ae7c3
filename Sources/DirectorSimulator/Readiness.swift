@preconcurrency internal import CEpoll
internal import Glibc

/// Which descriptors are ready: the one seam over the kernel's epoll.
final class Readiness {
    /// What is of interest, and what has happened.
    struct Interest: OptionSet {
        let rawValue: UInt32
        static let reading = Interest(rawValue: EPOLLIN.rawValue)
        static let writing = Interest(rawValue: EPOLLOUT.rawValue)
        /// Always of interest: the other side is gone for good.
        static let gone = Interest(rawValue: EPOLLHUP.rawValue | EPOLLERR.rawValue)
    }

    private let descriptor: Int32
    private var events = [epoll_event](repeating: epoll_event(), count: 256)

    /// Nil where the system has no descriptor left.
    init?() {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        if descriptor < 0 { return nil }
    }

    deinit {
        close(descriptor)
    }

    func watch(_ file: Int32, _ interest: Interest, token: UInt64) {
        var event = epoll_event()
        event.events = interest.rawValue
        event.data.u64 = token
        if epoll_ctl(descriptor, EPOLL_CTL_MOD, file, &event) != 0, errno == ENOENT {
            epoll_ctl(descriptor, EPOLL_CTL_ADD, file, &event)
        }
    }

    func forget(_ file: Int32) {
        epoll_ctl(descriptor, EPOLL_CTL_DEL, file, nil)
    }

    /// Waits until something is ready.
    ///
    /// - Parameter milliseconds: nil for no limit.
    func wait(milliseconds: Int32?) -> [(token: UInt64, what: Interest)] {
        let count = events.withUnsafeMutableBufferPointer {
            epoll_wait(descriptor, $0.baseAddress, Int32($0.count), milliseconds ?? -1)
        }
        guard count > 0 else { return [] }
        return events[..<Int(count)].map { ($0.data.u64, Interest(rawValue: $0.events)) }
    }

    /// A descriptor that becomes readable at one of these signals, which do nothing else any more.
    static func signals(_ numbers: [Int32]) -> Int32 {
        var set = sigset_t()
        sigemptyset(&set)
        for number in numbers { sigaddset(&set, number) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        return signalfd(-1, &set, Int32(SFD_CLOEXEC) | Int32(SFD_NONBLOCK))
    }
}
