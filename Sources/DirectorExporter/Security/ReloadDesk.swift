internal import AdminProbe
internal import Logging
internal import NIOCore
internal import Synchronization
internal import WebConfiguration

/// Reads the web configuration, at the start and whenever it is asked to; the last good one stays in
/// use. The main thread does the reading.
final class ReloadDesk: Sendable {
    /// Of the last time that the configuration was read.
    struct Result: Sendable, Equatable {
        var isSuccessful: Bool
        /// Of the last success; epoch seconds.
        var time: Double
    }

    private static let mostWaiting = 16
    /// Between readings that clients ask for: nobody can fill the log with them.
    static let pause = Duration.seconds(1)

    private let file: String?
    let engine: (any TLSEngine)?
    private let log: Logger
    private let onRequest: @Sendable () -> Void
    private let state: Mutex<State>

    private struct State {
        var result: Result
        var waiting: [EventLoopPromise<Bool>] = []
        var lastReading: MonotonicTime?
    }

    /// - Parameters:
    ///   - startTime: epoch seconds; counts as the time of the first reading.
    ///   - engine: nil where this program can't encrypt.
    ///   - onRequest: called on the thread that requests; wakes the main thread.
    init(
        file: String?, startTime: Double, engine: (any TLSEngine)? = nil, log: Logger,
        onRequest: @escaping @Sendable () -> Void
    ) {
        self.file = file
        self.engine = engine
        self.log = log
        self.onRequest = onRequest
        state = Mutex(State(result: Result(isSuccessful: true, time: startTime)))
    }

    var result: Result { state.withLock { $0.result } }

    /// How long it is until the configuration should be read for those who asked for it; nil where
    /// nobody has.
    func due(at now: MonotonicTime) -> Duration? {
        state.withLock { state in
            guard !state.waiting.isEmpty else { return nil }
            guard let last = state.lastReading else { return .zero }
            return max(.zero, last + ReloadDesk.pause - now)
        }
    }

    /// Asks for the configuration to be read again. Those who ask at the same time share one reading.
    ///
    /// - Returns: whether it is in use now; nil when too many wait already.
    func request(on loop: any EventLoop) -> EventLoopFuture<Bool>? {
        let promise = loop.makePromise(of: Bool.self)
        let isAccepted = state.withLock { state in
            guard state.waiting.count < ReloadDesk.mostWaiting else { return false }
            state.waiting.append(promise)
            return true
        }
        guard isAccepted else {
            promise.succeed(false)
            return nil
        }
        onRequest()
        return promise.futureResult
    }

    /// The configuration for the start. Nothing goes on without it.
    func first() throws(WebConfigurationError) -> WebPolicy {
        guard let file else { return WebPolicy() }
        let policy = try WebPolicy(file: file, engine: engine)
        report(policy, "the web configuration is in use", file)
        return policy
    }

    /// Reads the configuration again, and answers those who asked for it.
    ///
    /// - Parameter apply: puts the new one into use.
    func reload(_ apply: (WebPolicy) -> Void) {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        let isSuccessful = read(apply)
        state.withLock { $0.lastReading = .now() }
        for promise in waiting { promise.succeed(isSuccessful) }
    }

    private func read(_ apply: (WebPolicy) -> Void) -> Bool {
        guard let file else {
            log.notice("there is no configuration to read again: --web.config.file is not given")
            state.withLock { $0.result.time = Timestamp.now() }
            return true
        }
        do throws(WebConfigurationError) {
            let policy = try WebPolicy(file: file, engine: engine)
            apply(policy)
            state.withLock { $0.result = Result(isSuccessful: true, time: Timestamp.now()) }
            report(policy, "the web configuration was read again and is in use", file)
            return true
        } catch {
            state.withLock { $0.result.isSuccessful = false }
            log.error("the last good web configuration stays in use: \(error)")
            return false
        }
    }

    private func report(_ policy: WebPolicy, _ message: String, _ file: String) {
        log.info("\(message)", metadata: ["file": "\(file)", "with": "\(policy.summary)"])
        for note in policy.notes { log.info("\(note)") }
        for warning in policy.warnings { log.warning("\(warning)") }
    }
}
