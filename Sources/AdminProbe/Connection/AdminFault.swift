/// Why the admin socket could not be read.
public struct AdminFault: Error, Sendable, Equatable {
    /// A bounded set of words: they are label values and part of the documented interface.
    public enum Reason: String, Sendable, CaseIterable {
        /// Nothing is at the socket's path.
        case notFound = "not_found"
        case permission
        /// Nobody listens there; also a directory or a plain file.
        case refused
        /// No answer within the deadline; also a full listen queue.
        case timeout
        /// The director ended the connection.
        case disconnected
        /// The other side speaks, but not this protocol.
        case handshake
        /// An answer that breaks the protocol, or exceeds a limit.
        case `protocol`
    }

    public let reason: Reason
    /// What happened, in words for a log line.
    public let message: String
    /// Whether the director had sent its greeting on the connection that failed.
    public let afterGreeting: Bool

    /// What the operator can do about it.
    public let remedy: String

    /// - Parameter remedy: where the usual one for the reason doesn't help.
    public init(
        _ reason: Reason, _ message: String, remedy: String? = nil, afterGreeting: Bool = false
    ) {
        self.reason = reason
        self.message = message
        self.remedy = remedy ?? AdminFault.remedy(for: reason)
        self.afterGreeting = afterGreeting
    }

    private static func remedy(for reason: Reason) -> String {
        switch reason {
        case .notFound:
            "check that Dovecot runs with the director service, and the path of --director.socket"
        case .permission:
            "give this user access: service director { unix_listener director-admin "
                + "{ mode = 0660 group = … } }"
        case .refused:
            "check that Dovecot runs, and that the path is its director-admin socket"
        case .timeout:
            "the director is hung, overloaded or not configured; see its log"
        case .disconnected:
            "the director stopped or is not configured; see its log"
        case .handshake:
            "check that the path is the director-admin socket of Dovecot 2.1 to 2.3"
        case .protocol:
            "please report the answer: it is not what Dovecot 2.1 to 2.3 sends"
        }
    }

    func with(afterGreeting: Bool) -> AdminFault {
        AdminFault(reason, message, remedy: remedy, afterGreeting: afterGreeting)
    }
}
