internal import AdminProbe
internal import Glibc

/// What one thread leaves for another. Leaving never waits; what doesn't fit is refused.
///
/// Its waits are measured by the monotonic clock: setting the date neither ends nor prolongs them.
package final class Mailbox<Letter: Sendable>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let capacity: Int
    /// Guarded by the mutex.
    private var letters: [Letter] = []

    package init(capacity: Int = .max) {
        self.capacity = capacity
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// False when the mailbox is full.
    @discardableResult
    package func leave(_ letter: Letter) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard letters.count < capacity else { return false }
        letters.append(letter)
        pthread_cond_signal(condition)
        return true
    }

    /// Everything that is there; waits for it until the time is over, then returns nothing.
    ///
    /// - Parameter timeout: nil for no limit.
    package func take(timeout: Duration?) -> [Letter] {
        let deadline = timeout.map { (MonotonicTime.now() + $0).nanoseconds }
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while letters.isEmpty {
            guard let deadline else {
                pthread_cond_wait(condition, mutex)
                continue
            }
            var time = timespec(
                tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
            if pthread_cond_timedwait(condition, mutex, &time) == ETIMEDOUT { break }
        }
        defer { letters = [] }
        return letters
    }
}
