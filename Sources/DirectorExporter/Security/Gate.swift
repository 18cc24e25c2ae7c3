internal import AdminProbe
internal import NIOCore
internal import NIOHTTP1

/// Who gets in; lives on the event loop.
final class Gate {
    private let desk: PasswordDesk
    private var isGuarded = false

    init(loop: any EventLoop) {
        desk = PasswordDesk(loop: loop)
    }

    func apply(_ policy: WebPolicy) {
        isGuarded = !policy.users.isEmpty
        desk.setUsers(policy.users)
    }

    enum Admission {
        case admitted
        case refused(HTTPAnswer)
        /// The password is being checked. Nil for a right one.
        case pending(EventLoopFuture<HTTPAnswer?>)
    }

    /// - Parameter peer: the other end of the connection; asked for where there are users alone.
    func admit(
        _ head: HTTPRequestHead, from peer: @autoclosure () -> SocketAddress?
    ) -> Admission {
        guard isGuarded else { return .admitted }
        let headers = head.headers["Authorization"]
        guard headers.count == 1, let credentials = BasicCredentials(header: headers[0]) else {
            return .refused(Gate.unauthorized)
        }
        let verdict = desk.check(credentials, client: Gate.client(peer()))
        return .pending(
            verdict.map { verdict in
                switch verdict {
                case .right: nil
                case .wrong: Gate.unauthorized
                case .busy: Gate.busy
                }
            })
    }

    /// Whose turn a password counts for: an IPv4 address, an IPv6 network, or everybody behind a Unix
    /// socket.
    static func client(_ peer: SocketAddress?) -> IPAddress? {
        guard let text = peer?.ipAddress, let address = IPAddress(text), address.isIPv6 else {
            return peer?.ipAddress.flatMap { IPAddress($0) }
        }
        let (high, low) = address.bits
        // An IPv4 client of a listener for both.
        if high == 0, low >> 32 == 0xffff { return IPAddress(v4: UInt32(truncatingIfNeeded: low)) }
        return IPAddress(v6High: high, low: 0)
    }

    private static let unauthorized = HTTPAnswer(
        .unauthorized,
        headers: ["WWW-Authenticate: Basic realm=\"dovecot-director-exporter\", charset=\"UTF-8\""],
        body: "A user and a password are needed.\n")

    private static let busy = HTTPAnswer(
        .serviceUnavailable, headers: ["Retry-After: 1"],
        body: "Too many passwords are being checked.\n")
}
