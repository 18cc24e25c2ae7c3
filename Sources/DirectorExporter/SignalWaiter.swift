internal import AdminProbe
internal import Glibc

/// Takes signals on the main thread, where they can't interrupt anything.
final class SignalWaiter: Sendable {
    enum Outcome: Equatable, Sendable {
        case stop
        case hangup
        /// Another thread has something to show.
        case woken
        case timedOut
    }

    private let main = pthread_self()

    /// Blocks the signals; threads that are started later inherit that.
    init() {
        signal(SIGPIPE, SIG_IGN)
        var set = SignalWaiter.set
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    private static var set: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in [SIGTERM, SIGINT, SIGHUP, SIGUSR2] { sigaddset(&set, number) }
        return set
    }

    /// Ends the wait of the main thread.
    func wake() {
        pthread_kill(main, SIGUSR2)
    }

    /// Waits for a signal.
    func wait(_ limit: Duration) -> Outcome {
        var set = SignalWaiter.set
        let nanoseconds = limit.inNanoseconds
        var time = timespec(
            tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        switch sigtimedwait(&set, nil, &time) {
        case SIGTERM, SIGINT: return .stop
        case SIGHUP: return .hangup
        case SIGUSR2: return .woken
        default: return .timedOut
        }
    }
}
