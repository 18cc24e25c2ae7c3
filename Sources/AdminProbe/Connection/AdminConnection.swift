/// The one connection to a director's admin socket, for the two list commands and nothing else.
///
/// Not for two threads at once. At most one socket is open at any time; it persists from poll to
/// poll, since the director has no idle timeout and each connect would cost it an accept.
public final class AdminConnection {
    /// What one poll brought.
    public struct Poll: Sendable {
        public var reply: AdminReply
        /// From the write of the commands to both lists parsed.
        public var duration: Duration
        /// The connection of the last poll was ended by the director, which restarted or reloaded, or
        /// it could not be reached meanwhile. True at the first poll. False where this side gave up
        /// on a director that didn't answer.
        public var hasConnectionEnded: Bool
        /// Another process listens than at the last connection: Dovecot itself was restarted. A
        /// reload replaces the director alone and isn't seen here.
        public var hasListenerChanged: Bool
    }

    private static let commands = "HOST-LIST\nDIRECTOR-LIST\n"
    /// So many reads take what a socket's queue can hold at the deadline.
    private static let mostLateReads = 16

    private let path: String
    private let limits: AdminReplyReader.Limits
    private let reserve: DescriptorReserve?
    private let cancel: Cancellation?
    private let buffer: UnsafeMutableRawBufferPointer
    private var session: Session?
    /// Whether it is the director that ended the last connection, and not this side.
    private var endedByDirector = true
    private var listener: Int32?

    /// - Parameters:
    ///   - path: the socket's path.
    ///   - reserve: descriptors to give up when the process has none left.
    ///   - cancel: ends a poll from another thread.
    public init(
        path: String, limits: AdminReplyReader.Limits = AdminReplyReader.Limits(),
        reserve: DescriptorReserve? = nil, cancel: Cancellation? = nil
    ) {
        self.path = path
        self.limits = limits
        self.reserve = reserve
        self.cancel = cancel
        buffer = .allocate(byteCount: 32 * 1024, alignment: 16)
    }

    deinit {
        buffer.deallocate()
    }

    /// An open socket and how far its stream has been read.
    private final class Session {
        let socket: AdminSocket
        var reader: AdminReplyReader

        init(socket: AdminSocket, limits: AdminReplyReader.Limits) {
            self.socket = socket
            reader = AdminReplyReader(limits: limits)
        }
    }

    /// Asks for both lists. A connection that ended is opened anew and asked once more.
    ///
    /// - Parameter timeout: for all of it, the repeat included.
    /// - Throws: what went wrong. The connection is closed then.
    public func poll(timeout: Duration) throws(AdminFault) -> Poll {
        let deadline = MonotonicTime.now() + timeout
        let hadConnection = session != nil
        do throws(AdminFault) {
            return try attempt(until: deadline)
        } catch {
            // A connection that never came to a greeting isn't worth a second one: each makes
            // Dovecot start a director.
            guard error.reason == .disconnected, hadConnection || error.afterGreeting else {
                throw error
            }
            let hasGreeted = error.afterGreeting
            do throws(AdminFault) {
                return try attempt(until: deadline)
            } catch {
                throw error.with(afterGreeting: error.afterGreeting || hasGreeted)
            }
        }
    }

    /// Closes the connection.
    public func close() {
        session = nil
    }

    private func attempt(until deadline: MonotonicTime) throws(AdminFault) -> Poll {
        do throws(AdminFault) {
            try closeIfEnded()
            let isNew = session == nil
            let session: Session
            if let open = self.session { session = open } else { session = try open(until: deadline) }
            let greeting = isNew ? Greeting.client : ""
            let start = MonotonicTime.now()
            session.reader.expectLists()
            try session.socket.write(
                greeting + AdminConnection.commands, until: deadline, or: cancel)
            try read(session, to: .finished, until: deadline)
            let hasEnded = isNew && endedByDirector
            endedByDirector = false
            let newListener = isNew ? session.socket.listenerProcess : listener
            let hasChanged = listener != nil && newListener != nil && listener != newListener
            listener = newListener ?? listener
            return Poll(
                reply: session.reader.takeReply(), duration: MonotonicTime.now() - start,
                hasConnectionEnded: hasEnded, hasListenerChanged: hasChanged)
        } catch {
            let greeted = session.map { $0.reader.state != .greeting } ?? false
            session = nil
            switch error.reason {
            case .notFound, .refused, .disconnected: endedByDirector = true
            case .permission, .timeout, .handshake, .protocol: break
            }
            throw error.with(afterGreeting: greeted)
        }
    }

    /// A connection that ended since the last poll says so without being asked.
    private func closeIfEnded() throws(AdminFault) {
        guard let session else { return }
        let count: Int?
        do throws(AdminFault) {
            count = try session.socket.readAvailable(into: buffer)
        } catch {
            count = 0
        }
        switch count {
        case nil: return
        case 0:
            self.session = nil
            endedByDirector = true
        default:
            throw AdminFault(.protocol, "the director sent something that was not asked for")
        }
    }

    private func open(until deadline: MonotonicTime) throws(AdminFault) -> Session {
        let opened = Session(
            socket: try AdminSocket(connectingTo: path, reserve: reserve), limits: limits)
        session = opened
        reserve?.refill()
        try read(opened, to: .idle, until: deadline)
        return opened
    }

    private func read(
        _ session: Session, to state: AdminReplyReader.State, until deadline: MonotonicTime
    ) throws(AdminFault) {
        var lateReads = 0
        while session.reader.state != state {
            var count: Int?
            // A drip of one byte at a time passes every wait: the deadline is for the whole poll.
            if MonotonicTime.now() < deadline {
                count = try session.socket.read(into: buffer, until: deadline, or: cancel)
            } else if lateReads < AdminConnection.mostLateReads {
                // This process may have stood still since, and the answer come in time.
                lateReads += 1
                count = try session.socket.readAvailable(into: buffer)
            }
            guard let count else {
                throw AdminFault(.timeout, "no whole answer within the deadline")
            }
            guard count > 0 else {
                throw AdminFault(.disconnected, "the director closed the connection")
            }
            try session.reader.consume(
                Span(_unsafeBytes: UnsafeRawBufferPointer(rebasing: buffer[..<count])))
        }
    }
}
