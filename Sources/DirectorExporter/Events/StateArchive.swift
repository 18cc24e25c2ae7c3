internal import AdminProbe
internal import DirectorRing
internal import Logging

/// The state in memory and its copy on disk. Belongs to the event log's thread.
struct StateArchive {
    private(set) var pending: [RingEvent] = []
    /// Whether view or events differ from what is on disk.
    private(set) var isDirty = false
    /// Whether the last access to the disk failed.
    private(set) var hasFailed = false

    private var view = LoggedView()
    private let socket: String
    private let store: StateDirectory?
    private let log: Logger
    private var lastFailure: String?
    private var lastSave: MonotonicTime?

    init(socket: String, directory: String?, log: Logger) {
        self.socket = socket
        self.log = log
        store = directory.map(StateDirectory.init)
    }

    /// Reads what is on disk.
    ///
    /// - Returns: the view to go on from; nil for a baseline.
    mutating func restore() -> LoggedView? {
        guard let store else {
            log.info("no state directory: a change made while the exporter is down isn't logged")
            return nil
        }
        do throws(StateDirectory.Failure) {
            guard let state = try store.read() else { return nil }
            pending = state.pending
            guard state.socket == socket else {
                log.notice(
                    "the saved view is another socket's, so the next one is taken as it is",
                    metadata: ["saved": "\(state.socket)"])
                return nil
            }
            view = state.view
            return state.view
        } catch {
            hasFailed = true
            log.error("\(error)")
            return nil
        }
    }

    mutating func append(_ events: [RingEvent], leadingTo view: LoggedView) {
        pending += events
        self.view = view
        isDirty = store != nil
    }

    mutating func removeDelivered(_ count: Int) {
        guard count > 0 else { return }
        pending.removeFirst(min(count, pending.count))
        isDirty = store != nil
    }

    /// Writes the state where it has changed. That events were delivered can wait for a second:
    /// after a crash they are repeated, which is allowed.
    ///
    /// - Returns: false when it can't be written.
    mutating func save(isUrgent: Bool, at now: MonotonicTime) -> Bool {
        guard isDirty, let store else { return true }
        if !isUrgent, !pending.isEmpty, let lastSave, now - lastSave < .seconds(1) { return true }
        lastSave = now
        do throws(StateDirectory.Failure) {
            try store.write(SavedState(socket: socket, view: view, pending: pending))
            isDirty = false
            hasFailed = false
            if lastFailure != nil { log.notice("the state can be written again") }
            lastFailure = nil
            return true
        } catch {
            hasFailed = true
            if lastFailure != error.description {
                log.error("\(error): events are logged all the same, but not remembered")
            }
            lastFailure = error.description
            return false
        }
    }
}
