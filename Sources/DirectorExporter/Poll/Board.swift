internal import AdminProbe
internal import Exposition
internal import Synchronization

/// Where the poll loop leaves what the rest of the process shows. Nobody waits for anybody here
/// longer than it takes to copy a reference.
final class Board: Sendable {
    /// What the poll loop has published last.
    struct Contents: Sendable {
        /// Nil before there is one.
        var page: MetricsPage?
        /// Changes with every page.
        var generation: UInt64 = 0
        /// Whether the first poll is over, successful or not.
        var isReady = false
        var status = "starting"
        var record: PollRecord?

        func pieces(in format: ExpositionFormat) -> [[UInt8]] { page?.pieces(in: format) ?? [] }
    }

    private let contents = Mutex(Contents())
    private let progressDeadline = Atomic<Int64>(.max)
    private let onStatusChange: @Sendable () -> Void

    /// - Parameter onStatusChange: called on the poll loop's thread.
    init(onStatusChange: @escaping @Sendable () -> Void = {}) {
        self.onStatusChange = onStatusChange
    }

    func read() -> Contents { contents.withLock { $0 } }

    func publish(_ page: MetricsPage) {
        contents.withLock {
            $0.page = page
            $0.generation += 1
        }
    }

    func publish(status: String, snapshot record: PollRecord) {
        let isNew = contents.withLock { contents in
            let isNew = !contents.isReady || contents.status != status
            contents.isReady = true
            contents.status = status
            contents.record = record
            return isNew
        }
        if isNew { onStatusChange() }
    }

    /// The poll loop says when it will be heard again at the latest.
    func promiseProgress(within span: Duration) {
        // Rendering and a busy machine are granted some seconds.
        let deadline = MonotonicTime.now() + span + .seconds(5)
        progressDeadline.store(deadline.nanoseconds, ordering: .relaxed)
    }

    /// Whether the poll loop has kept its promise so far.
    func isProgressing(at now: MonotonicTime) -> Bool {
        now.nanoseconds <= progressDeadline.load(ordering: .relaxed)
    }
}
