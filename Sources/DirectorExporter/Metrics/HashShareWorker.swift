internal import AdminProbe
internal import DirectorRing
internal import Synchronization
internal import Threads

/// Computes hash shares on a thread of its own, once for each view of the backends.
final class HashShareWorker: Sendable {
    private struct Order: Sendable {
        var view: Digest
        var rows: [HostRow]
    }

    private struct Result: Sendable {
        var view: Digest
        /// Nil where the view has too many points.
        var shares: HashShares?
    }

    private struct State: Sendable {
        var ordered: Digest?
        var result: Result?
    }

    private let mailbox = Mailbox<Order?>()
    private let state = Mutex(State())

    /// False where the system grants no thread; shares stay unknown then.
    func start() -> Bool {
        WorkerThread("shares", { self.run() }) != nil
    }

    /// The shares of a view; nil until they are computed, which is begun by asking for them.
    func shares(of view: Digest, _ rows: [HostRow]) -> HashShares? {
        let (shares, isNew) = state.withLock { state -> (HashShares?, Bool) in
            if let result = state.result, result.view == view { return (result.shares, false) }
            let isNew = state.ordered != view
            state.ordered = view
            return (nil, isNew)
        }
        if isNew { mailbox.leave(Order(view: view, rows: rows)) }
        return shares
    }

    func stop() {
        mailbox.leave(nil)
    }

    private func run() {
        while true {
            let letters = mailbox.take(timeout: nil)
            if letters.contains(where: { $0 == nil }) { return }
            // Views that have been replaced meanwhile need no shares any more.
            guard let order = letters.compactMap(\.self).last else { continue }
            let result = Result(view: order.view, shares: HashShares(order.rows))
            state.withLock { $0.result = result }
        }
    }
}
