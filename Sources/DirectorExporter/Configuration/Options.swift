internal import AdminProbe
internal import Logging

/// What the command line says. Every value has been checked.
struct Options: Equatable, Sendable {
    enum LogFormat: String, CaseIterable, Sendable {
        /// The journal's own format where standard error is the journal, else logfmt.
        case auto
        case logfmt
        case json
        case journald
    }

    var socket = "/run/dovecot/director-admin"
    var pollInterval = Duration.seconds(1)
    var timeout = Duration.seconds(3)
    var expected: [Member] = []
    var listenAddresses: [ListenAddress] = [.anyAddress(port: 10027)]
    /// Whether the service manager's sockets are served, and not `listenAddresses`.
    var usesActivatedSockets = false
    /// TLS, users and headers; nil for none.
    var webConfigurationFile: String?
    var telemetryPath = "/metrics"
    /// 0 for no limit.
    var maximumRequests = 40
    var logLevel = Logger.Level.info
    var logFormat = LogFormat.auto
    /// Nil where changes needn't be remembered.
    var stateDirectory: String?
    var pollsOnce = false
    /// Whether only the flags and the files that they name are checked.
    var checksConfiguration = false
    /// Whether the kernel is asked about the links' connections.
    var probesLinks = true
}

/// What the command line asks for.
enum Invocation: Equatable, Sendable {
    case run(Options)
    case showHelp
    case showVersion
}

/// A command line that can't be understood. The message says what and how to mend it.
struct UsageError: Error, Equatable, CustomStringConvertible {
    var description: String
}
