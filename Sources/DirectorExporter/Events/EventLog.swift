internal import AdminProbe
internal import DirectorRing
internal import Logging
internal import Synchronization
internal import Threads

/// Gets events into the journal, whatever happens to it, to the disk or to this process.
///
/// An event is written to the state file together with the view that it leads to, then handed to
/// the journal, and leaves the queue when the journal's socket has taken it. The disk may block, so
/// files are written on a thread of its own; so may the journal, which is the courier's.
final class EventLog: Sendable {
    private enum Letter: Sendable {
        case events([RingEvent], LoggedView)
        case courier(JournalCourier.Report)
        case stop(LoggedView)
    }

    /// Above this many events nothing new is accepted: the view stays where it is, and what
    /// changes meanwhile becomes events once the journal takes them again. Bounds the memory.
    static let capacity = 10_000

    private let mailbox = Mailbox<Letter>()
    private let pendingCount = Atomic<Int>(0)
    private let failedWrites = Atomic<Int>(0)
    private let isOver = Atomic<Bool>(false)
    private let socket: String
    private let directory: String?
    private let log: Logger

    init(socket: String, directory: String?, log: Logger) {
        self.socket = socket
        self.directory = directory
        self.log = log
    }

    /// Events that the journal has not taken yet.
    var pending: Int { pendingCount.load(ordering: .relaxed) }

    var stateWriteFailures: Int { failedWrites.load(ordering: .relaxed) }

    /// Whether events may be submitted. A batch that is begun is accepted whole.
    var isAccepting: Bool { pending < EventLog.capacity }

    /// Reads the saved state and starts the threads.
    ///
    /// - Returns: the view to go on from; nil for a baseline.
    func start() -> LoggedView? {
        var archive = StateArchive(socket: socket, directory: directory, log: log)
        let restored = archive.restore()
        if archive.hasFailed { failedWrites.add(1, ordering: .relaxed) }
        pendingCount.store(archive.pending.count, ordering: .relaxed)
        let start = Handover(archive: archive)
        let courier = JournalCourier(log: log) { [mailbox] in mailbox.leave(.courier($0)) }
        guard courier.start(), WorkerThread("events", { self.run(start.archive, courier) }) != nil
        else {
            isOver.store(true, ordering: .releasing)
            log.error("no thread for events: they can't be logged")
            return restored
        }
        courier.carry(archive.pending)
        return restored
    }

    /// Hands over events and the view that they lead to. Never waits.
    func submit(_ events: [RingEvent], view: LoggedView) {
        pendingCount.add(events.count, ordering: .relaxed)
        mailbox.leave(.events(events, view))
    }

    /// Saves the last view and hands the journal what is left, but waits no longer than this for
    /// it: what the journal doesn't take now it gets at the next start.
    func stop(view: LoggedView, within limit: Duration) {
        mailbox.leave(.stop(view))
        let deadline = MonotonicTime.now() + limit
        while !isOver.load(ordering: .acquiring), MonotonicTime.now() < deadline {
            Pause.milliseconds(2)
        }
    }

    /// Carries the archive, which isn't Sendable, to its thread, once.
    private struct Handover: @unchecked Sendable {
        let archive: StateArchive
    }

    private func run(_ start: StateArchive, _ courier: JournalCourier) {
        defer { isOver.store(true, ordering: .releasing) }
        var archive = start
        while true {
            var fresh: [RingEvent] = []
            var delivered = 0
            var isStopping = false
            var isStopped = false
            for letter in mailbox.take(timeout: archive.isDirty ? .seconds(1) : nil) {
                switch letter {
                case .events(let events, let view):
                    fresh += events
                    archive.append(events, leadingTo: view)
                case .courier(.delivered(let count)):
                    delivered += count
                case .courier(.stopped):
                    isStopped = true
                case .stop(let view):
                    archive.append([], leadingTo: view)
                    isStopping = true
                }
            }
            archive.removeDelivered(delivered)
            pendingCount.subtract(delivered, ordering: .relaxed)
            if !archive.save(isUrgent: !fresh.isEmpty || isStopping || isStopped, at: .now()) {
                failedWrites.add(1, ordering: .relaxed)
            }
            // Only what has been saved is handed over: a crash in between repeats it, under the
            // same identity, and can't lose it.
            if !fresh.isEmpty { courier.carry(fresh) }
            if isStopping { courier.stop() }
            if isStopped { return }
        }
    }
}
