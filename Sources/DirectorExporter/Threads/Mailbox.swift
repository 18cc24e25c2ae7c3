internal import AdminProbe
internal import NIOConcurrencyHelpers

/// What one thread leaves for another. Leaving never waits; what doesn't fit is refused.
final class Mailbox<Letter: Sendable>: Sendable {
    /// 1 while there is something to take.
    private let lock = ConditionLock(value: 0)
    private let contents: NIOLockedValueBox<[Letter]>
    private let capacity: Int

    init(capacity: Int = .max) {
        self.capacity = capacity
        contents = NIOLockedValueBox([])
    }

    /// False when the mailbox is full.
    @discardableResult
    func leave(_ letter: Letter) -> Bool {
        let accepted = contents.withLockedValue { letters in
            guard letters.count < capacity else { return false }
            letters.append(letter)
            return true
        }
        lock.lock()
        lock.unlock(withValue: 1)
        return accepted
    }

    /// Everything that is there; waits for it until the time is over, then returns nothing.
    func take(timeout: Duration?) -> [Letter] {
        if let timeout {
            guard lock.lock(whenValue: 1, timeoutSeconds: timeout.inSeconds) else { return [] }
        } else {
            lock.lock(whenValue: 1)
        }
        defer { lock.unlock(withValue: 0) }
        return contents.withLockedValue { letters in
            defer { letters = [] }
            return letters
        }
    }
}
