internal import AdminProbe
internal import Glibc

/// Waits for the signals that end a program. They are blocked from the start on, in every thread
/// that is started later.
struct StopSignals {
    private static let numbers = [SIGINT, SIGTERM, SIGHUP]

    init() {
        var set = StopSignals.set
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    private static var set: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in numbers { sigaddset(&set, number) }
        return set
    }

    /// Waits for a signal, for a time, or until nobody reads the tape.
    ///
    /// - Parameter limit: nil for no time.
    func wait(_ limit: Duration?, or tape: Tape) {
        let deadline = limit.map { MonotonicTime.now() + $0 }
        var set = StopSignals.set
        while !tape.isClosed {
            let left = deadline.map { max(0, ($0 - .now()).inNanoseconds) } ?? .max
            let step = min(left, 200_000_000)
            var time = timespec(tv_sec: 0, tv_nsec: Int(step))
            if StopSignals.numbers.contains(sigtimedwait(&set, nil, &time)) { return }
            if left <= step { return }
        }
    }
}
