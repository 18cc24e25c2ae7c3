internal import AdminProbe
internal import DirectorRing
internal import Logging
internal import Systemd
internal import Threads

/// Hands events to the journal, in order, on a thread of its own: the journal may block.
final class JournalCourier: Sendable {
    private enum Letter: Sendable {
        case events([RingEvent])
        case stop
    }

    private let mailbox = Mailbox<Letter>()
    private let log: Logger
    private let report: @Sendable (Report) -> Void

    enum Report: Sendable {
        /// The journal has taken this many more events.
        case delivered(Int)
        case stopped
    }

    /// - Parameter report: called on the courier's thread.
    init(log: Logger, report: @escaping @Sendable (Report) -> Void) {
        self.log = log
        self.report = report
    }

    /// False where the system grants no thread.
    func start() -> Bool {
        WorkerThread("journal", { self.run() }) != nil
    }

    /// Takes events; they come after all earlier ones. Never waits.
    func carry(_ events: [RingEvent]) {
        mailbox.leave(.events(events))
    }

    /// Tries once more what is left, then ends.
    func stop() {
        mailbox.leave(.stop)
    }

    private func run() {
        var round = DeliveryRound(log: log)
        while true {
            var isStopping = false
            for letter in mailbox.take(timeout: round.waitBeforeRetry) {
                switch letter {
                case .events(let events): round.queue += events
                case .stop: isStopping = true
                }
            }
            round.deliver(ignoringPace: isStopping) { report(.delivered(1)) }
            if isStopping {
                report(.stopped)
                return
            }
        }
    }
}

/// The courier's queue, and how the journal took the last of it.
private struct DeliveryRound {
    var queue: [RingEvent] = []
    private let log: Logger
    private var lastOutcome = JournalSocket.Outcome.accepted
    /// How many of the queue's first events have been shown on standard error instead.
    private var shown = 0
    private var pace = Pace()

    init(log: Logger) {
        self.log = log
    }

    /// How long to wait before the next try; nil where nothing is left.
    var waitBeforeRetry: Duration? {
        if queue.isEmpty { return nil }
        return lastOutcome == .accepted ? .milliseconds(100) : .seconds(1)
    }

    /// Hands over what the journal takes.
    mutating func deliver(ignoringPace: Bool, onDelivery: () -> Void) {
        var delivered = 0
        var outcome = lastOutcome
        defer {
            queue.removeFirst(delivered)
            shown = max(0, shown - delivered)
            note(outcome)
        }
        for event in queue {
            guard ignoringPace || pace.allowsOne(at: .now()) else { return }
            outcome = JournalSocket().send(event.journalFields)
            guard outcome == .accepted else { return }
            delivered += 1
            onDelivery()
        }
    }

    private mutating func note(_ outcome: JournalSocket.Outcome) {
        let isNew = outcome != lastOutcome
        lastOutcome = outcome
        switch outcome {
        case .accepted:
            if isNew { log.notice("the journal takes events again") }
            return
        case .absent:
            if isNew {
                log.warning(
                    "no journal listens: events are shown here, and wait for it",
                    metadata: ["socket": "\(JournalSocket.path)"])
            }
        case .failed(let reason):
            if isNew {
                log.error(
                    "the journal refuses events: they are shown here, and wait for it",
                    metadata: ["reason": "\(reason)"])
            }
        }
        for event in queue[min(shown, queue.count)...] {
            log.log(
                level: event.kind.logLevel, "\(event.message)",
                metadata: ["event": "\(event.kind.rawValue)", "id": "\(event.id)"])
        }
        shown = queue.count
    }
}

/// Keeps below the rate at which journald starts to drop what a service logs, by default 10,000
/// entries in 30 s.
struct Pace: Sendable {
    private static let burst = 5_000.0
    private static let perSecond = 100.0
    private var tokens = burst
    private var last: MonotonicTime?

    mutating func allowsOne(at now: MonotonicTime) -> Bool {
        if let last {
            let gained = (now - last).inSeconds * Pace.perSecond
            tokens = min(Pace.burst, tokens + max(0, gained))
        }
        last = now
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}

extension EventKind {
    fileprivate var logLevel: Logger.Level {
        switch priority {
        case ...2: .critical
        case 3: .error
        case 4: .warning
        default: .notice
        }
    }
}
