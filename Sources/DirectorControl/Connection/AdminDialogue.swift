internal import AdminProbe

/// A conversation with one director: a question or change at a time, each with its deadline.
///
/// Nothing is ever sent before the reply to what was sent before it has been read: the server
/// drops the line behind a command that waits. Not for two threads at once.
public final class AdminDialogue {
    public let endpoint: Endpoint
    private let deadlines: Deadlines
    private var stream: LineStream
    /// The server has said that the ring didn't come to terms. The next command that has to wait
    /// on this connection would make the director abort.
    private var isSpent = false

    /// Connects and exchanges greetings.
    public init(connectingTo endpoint: Endpoint, deadlines: Deadlines) throws(DialogueFault) {
        self.endpoint = endpoint
        self.deadlines = deadlines
        stream = try AdminDialogue.open(endpoint, deadlines)
    }

    private static func open(
        _ endpoint: Endpoint, _ deadlines: Deadlines
    ) throws(DialogueFault) -> LineStream {
        let stream = LineStream(descriptor: try endpoint.connect(), target: endpoint.name)
        try stream.write(Array(Greeting.client.utf8), timeout: deadlines.greeting)
        let isCompatible: Bool?
        do throws(DialogueFault) {
            isCompatible = try stream.nextLine(timeout: deadlines.greeting, { Greeting.accepts($0) })
        } catch .timedOut {
            throw .mute(
                target: endpoint.name, seconds: deadlines.greeting.inSeconds,
                isDefault: deadlines.areDefault)
        }
        switch isCompatible {
        case nil: throw .closedEarly(target: endpoint.name)
        case false?: throw .incompatible(target: endpoint.name)
        case true?: return stream
        }
    }

    /// Asks for a list and hands each of its rows to `body`.
    ///
    /// - Returns: false where the connection ended before the list did.
    public func list(_ question: Question, _ body: (Span<UInt8>) -> Void) throws(DialogueFault) -> Bool {
        if case .userList = question { stream.expectLongAnswer() }
        try stream.write(question.line, timeout: deadlines.list)
        while true {
            let isRow = try stream.nextLine(timeout: deadlines.list) { line in
                if line.isEmpty { return false }
                body(line)
                return true
            }
            switch isRow {
            case nil: return false
            case false?: return true
            case true?: continue
            }
        }
    }

    /// Asks for both lists in one write, which the server answers from one moment; nil where the
    /// connection ended instead.
    public func bothLists() throws(DialogueFault) -> RawLists? {
        try stream.write(
            Question.hostList.line + Question.directorList.line, timeout: deadlines.list)
        var lists = RawLists()
        guard try readRows(into: &lists.hosts), try readRows(into: &lists.directors) else {
            return nil
        }
        return lists
    }

    private func readRows(into rows: inout [[UInt8]]) throws(DialogueFault) -> Bool {
        while true {
            guard
                let row = try stream.nextLine(
                    timeout: deadlines.list, { $0.withUnsafeBufferPointer { Array($0) } })
            else { return false }
            if row.isEmpty { return true }
            rows.append(row)
        }
    }

    /// Asks for one line; nil where the connection ended instead.
    public func line(_ question: Question) throws(DialogueFault) -> [UInt8]? {
        try stream.write(question.line, timeout: deadlines.list)
        return try stream.nextLine(timeout: deadlines.list) { line in
            line.withUnsafeBufferPointer { Array($0) }
        }
    }

    /// Asks for a change; nil where the connection ended instead of a reply.
    ///
    /// After a reply that the ring didn't come to terms, the next change goes over a new connection.
    ///
    /// - Parameter eachSecond: called about once a second while the reply is waited for.
    public func perform(
        _ change: Change, eachSecond: (() -> Void)? = nil
    ) throws(DialogueFault) -> Reply? {
        if isSpent {
            stream = try AdminDialogue.open(endpoint, deadlines)
            isSpent = false
        }
        let timeout =
            switch change {
            case .resetUsers, .flushHost: deadlines.flush
            default: deadlines.change
            }
        try stream.write(change.line, timeout: deadlines.change)
        let reply = try stream.nextLine(timeout: timeout, eachSecond: eachSecond) { Reply($0) }
        isSpent = reply == .ringSyncTimedOut
        return reply
    }
}
