internal import AdminProbe
internal import NIOCore

/// All HTTP connections; lives on the event loop.
///
/// There are never more than the limit: a new connection takes the place of the one that has done
/// nothing for longest, so that a scrape always gets through.
final class ConnectionRegistry {
    private let limit: Int
    private let limits: ConnectionState.Limits
    private var handlers: [ObjectIdentifier: ConnectionHandler] = [:]
    private var sweep: RepeatedTask?

    init(limit: Int, limits: ConnectionState.Limits) {
        self.limit = max(1, limit)
        self.limits = limits
    }

    var count: Int { handlers.count }

    /// Everything is answered, or on its way to the client.
    var isQuiet: Bool { handlers.values.allSatisfy(\.isQuiet) }

    func add(_ handler: ConnectionHandler, on loop: any EventLoop) {
        if handlers.count >= limit { evictOne() }
        handlers[ObjectIdentifier(handler)] = handler
        guard sweep == nil else { return }
        let registry = NIOLoopBound(self, eventLoop: loop)
        sweep = loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            registry.value.check(at: .now())
        }
    }

    func remove(_ handler: ConnectionHandler) {
        handlers[ObjectIdentifier(handler)] = nil
        guard handlers.isEmpty else { return }
        sweep?.cancel()
        sweep = nil
    }

    /// Closes those between requests, and makes the others close after their answer.
    func drain() {
        for handler in handlers.values { handler.drain() }
    }

    private func evictOne() {
        let candidates = handlers.values.filter { $0.state.isExpendable }
        let now = MonotonicTime.now()
        // Who has just come will say what he wants.
        let waiting = candidates.filter { now - $0.state.since > .seconds(1) }
        let stuck = waiting.filter { $0.state.activity == .handshaking }
        let idle = waiting.filter { $0.state.activity == .idle }
        let choice = [stuck, idle, candidates].first { !$0.isEmpty }
        guard let choice = choice?.min(by: { $0.state.since < $1.state.since }) else { return }
        // Its end is told later, and until then many more may come: each makes another one go.
        handlers[ObjectIdentifier(choice)] = nil
        choice.close()
    }

    private func check(at now: MonotonicTime) {
        for handler in handlers.values { handler.check(at: now, limits: limits) }
    }
}
