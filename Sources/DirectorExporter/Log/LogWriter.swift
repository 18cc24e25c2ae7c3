internal import AdminProbe
internal import Console
internal import Logging
internal import Synchronization
internal import Systemd
internal import Threads

/// Writes log lines on a thread of its own: whoever logs never waits for a full pipe or a journal
/// that doesn't take anything.
final class LogWriter: Sendable {
    private enum Letter: Sendable {
        case record(LogRecord)
        case stop
    }

    private let format: Options.LogFormat
    private let mailbox = Mailbox<Letter>(capacity: 1000)
    private let dropped = Atomic<Int>(0)
    private let isOver = Atomic<Bool>(false)

    init(format: Options.LogFormat) {
        self.format =
            format != .auto
            ? format : (JournalSocket.isConnectedToStandardError() ? .journald : .logfmt)
    }

    func start() {
        if WorkerThread("log", { self.run() }) == nil { isOver.store(true, ordering: .releasing) }
    }

    func write(_ record: LogRecord) {
        if !mailbox.leave(.record(record)) { dropped.add(1, ordering: .relaxed) }
    }

    /// Writes what is left, but waits no longer than this for it.
    func stop(within limit: Duration) {
        mailbox.leave(.stop)
        let deadline = MonotonicTime.now() + limit
        while !isOver.load(ordering: .acquiring), MonotonicTime.now() < deadline {
            Pause.milliseconds(2)
        }
    }

    private func run() {
        defer { isOver.store(true, ordering: .releasing) }
        while true {
            for letter in mailbox.take(timeout: nil) {
                switch letter {
                case .record(let record): output(record)
                case .stop: return
                }
            }
            let lost = dropped.exchange(0, ordering: .relaxed)
            if lost > 0 {
                output(
                    LogRecord(
                        time: Timestamp.now(), level: .warning,
                        message: "log lines were dropped, the log doesn't take them fast enough",
                        fields: [("lines", "\(lost)")]))
            }
        }
    }

    private func output(_ record: LogRecord) {
        switch format {
        case .journald:
            if JournalSocket().send(record.journalFields) != .accepted {
                StandardStream.error.write(record.logfmt + "\n")
            }
        case .json: StandardStream.error.write(record.json + "\n")
        case .logfmt, .auto: StandardStream.error.write(record.logfmt + "\n")
        }
    }
}

/// Connects swift-log to the writer.
struct WriterLogHandler: LogHandler {
    let writer: LogWriter
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    init(writer: LogWriter, level: Logger.Level) {
        self.writer = writer
        logLevel = level
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadata
        for (name, value) in event.metadata ?? [:] { fields[name] = value }
        writer.write(
            LogRecord(
                time: Timestamp.now(), level: event.level, message: event.message.description,
                fields: fields.map { ($0.key, $0.value.description) }.sorted { $0.0 < $1.0 }))
    }
}
