/// Reads what the admin socket says to a client that asks for both lists: the greeting, the rows
/// of HOST-LIST, and those of DIRECTOR-LIST.
///
/// A value without I/O: bytes go in by ``consume(_:)``, in any fragmentation, and rows come out.
/// Memory is bounded by the two limits, and a row that can't be read is counted and passed over.
public struct AdminReplyReader: Sendable {
    /// The limits on what a server may make this client hold.
    public struct Limits: Sendable {
        /// The longest line, in bytes without its LF.
        public var line = 8 * 1024
        /// The longest list, in bytes.
        public var reply = 16 * 1024 * 1024

        public init() {}
    }

    /// What the reader waits for.
    public enum State: Sendable, Equatable {
        /// The server's first line.
        case greeting
        /// Nothing: a byte from the server would be one too many.
        case idle
        case hosts
        case directors
        /// Both lists are there; take them with ``takeReply()``.
        case finished
    }

    public private(set) var state = State.greeting
    private let limits: Limits
    private var partialLine: [UInt8] = []
    private var listBytes = 0
    private var reply = AdminReply()
    private var hosts = ListReader<HostRow>()
    private var directors = ListReader<DirectorRow>()

    public init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Says that both list commands are on their way.
    ///
    /// - Precondition: the state is `idle`.
    public mutating func expectLists() {
        precondition(state == .idle, "the lists were asked for while an answer was open")
        state = .hosts
        listBytes = 0
    }

    /// The lists that were read; the reader waits for the next question afterwards.
    ///
    /// - Precondition: the state is `finished`.
    public mutating func takeReply() -> AdminReply {
        precondition(state == .finished, "the lists aren't there yet")
        defer {
            reply = AdminReply()
            state = .idle
        }
        return reply
    }

    /// Takes the next bytes of the stream.
    ///
    /// - Throws: `handshake` for a wrong greeting, `protocol` for a limit exceeded or for bytes
    ///   that nobody asked for. The connection is of no use afterwards.
    public mutating func consume(_ bytes: Span<UInt8>) throws(AdminFault) {
        var start = 0
        while start < bytes.count {
            guard let end = AdminReplyReader.lineEnd(in: bytes, from: start) else {
                let rest = bytes.extracting(start..<bytes.count)
                try checkMayArrive()
                try checkLength(partialLine.count + rest.count)
                rest.withUnsafeBufferPointer { partialLine.append(contentsOf: $0) }
                return
            }
            let line = bytes.extracting(start..<end)
            try checkMayArrive()
            try checkLength(partialLine.count + line.count)
            if partialLine.isEmpty {
                try consumeLine(line)
            } else {
                line.withUnsafeBufferPointer { partialLine.append(contentsOf: $0) }
                let whole = partialLine
                partialLine.removeAll(keepingCapacity: true)
                try consumeLine(whole.span)
            }
            start = end + 1
        }
    }

    private static func lineEnd(in bytes: Span<UInt8>, from start: Int) -> Int? {
        bytes.extracting(start...).firstIndex(of: UInt8(ascii: "\n")).map { start + $0 }
    }

    private func checkMayArrive() throws(AdminFault) {
        switch state {
        case .greeting, .hosts, .directors: return
        case .idle, .finished:
            throw AdminFault(.protocol, "the director sent something that was not asked for")
        }
    }

    private func checkLength(_ length: Int) throws(AdminFault) {
        if length > limits.line {
            throw AdminFault(.protocol, "a line exceeds \(limits.line) bytes")
        }
        if listBytes + length > limits.reply {
            throw AdminFault(.protocol, "a list exceeds \(limits.reply) bytes")
        }
    }

    private mutating func consumeLine(_ line: Span<UInt8>) throws(AdminFault) {
        listBytes += line.count + 1
        switch state {
        case .greeting:
            guard Greeting.accepts(line) else {
                throw AdminFault(
                    .handshake, "the greeting is not director-doveadm's: \(line.excerpt())")
            }
            state = .idle
        case .hosts:
            if line.isEmpty {
                state = .directors
                listBytes = 0
                reply.hosts = hosts.finish()
            } else if !hosts.take(line) {
                reply.reject(line, from: .hosts)
            }
        case .directors:
            if line.isEmpty {
                state = .finished
                reply.directors = directors.finish()
            } else if !directors.take(line) {
                reply.reject(line, from: .directors)
            }
        case .idle, .finished:
            // consume(_:) lets no line through in these states.
            throw AdminFault(.protocol, "the director sent something that was not asked for")
        }
    }
}
