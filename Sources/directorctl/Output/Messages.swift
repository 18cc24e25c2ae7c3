internal import Console
internal import Glibc

/// What goes to standard error: a line for each message, `Kind: text`, as doveadm writes it.
final class Messages {
    enum Kind: String {
        case error = "Error"
        case warning = "Warning"
        case info = "Info"
        case fatal = "Fatal"
    }

    /// `strftime`'s; nil for no time before a message.
    private let timestampFormat: String?

    /// - Parameter isDebugging: `-D`, which puts the time before each message.
    init(isDebugging: Bool) {
        timestampFormat =
            getenv("LOG_STDERR_TIMESTAMP").map { String(cString: $0) }
            ?? (isDebugging ? "%b %d %H:%M:%S " : nil)
    }

    func write(_ kind: Kind, _ text: String) {
        write(kind, Array(text.utf8))
    }

    func write(_ kind: Kind, _ text: [UInt8]) {
        let stamp = timestampFormat.map { LocalTime.format(Int64(time(nil)), $0) ?? "" } ?? ""
        StandardStream.error.write(Array("\(stamp)\(kind.rawValue): ".utf8) + text + [0x0a])
    }

    /// Text that is no message, such as usage.
    static func writeRaw(_ text: String) {
        StandardStream.error.write(text)
    }
}
