/// Why a conversation with a director, or with Dovecot's user database, came to an end.
///
/// The cases are those that `doveadm` tells apart; texts and exit codes are the program's.
public enum DialogueFault: Error, Sendable, Equatable {
    /// No connection to a Unix socket; the code is `errno`.
    case unreachable(path: String, code: Int32)
    /// A host name of a TCP endpoint could not be looked up.
    case unknownHost(name: String, reason: String)
    /// A TCP endpoint without a port.
    case portMissing(target: String)
    /// No connection to a TCP endpoint; the code is `errno`.
    case refused(address: String, port: UInt16, code: Int32)
    /// Connected, and no greeting within the time.
    case mute(target: String, seconds: Double, isDefault: Bool)
    /// The server closed the connection before its greeting.
    case closedEarly(target: String)
    /// The other side is something else than a director's admin socket.
    case incompatible(target: String)
    /// A read failed; the code is `errno`, the size that of the read.
    case readFailed(target: String, size: Int, code: Int32)
    /// A write failed; the code is `errno`.
    case writeFailed(target: String, code: Int32)
    /// No answer, or no further line of it, within the time.
    case timedOut(target: String, seconds: Double)
    /// A line that is longer than this side is willing to hold, in bytes.
    case lineTooLong(target: String, limit: Int)
}
