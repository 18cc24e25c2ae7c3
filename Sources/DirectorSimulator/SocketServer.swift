internal import AdminProbe
internal import Glibc
internal import SimulatedDirector

/// Serves the admin sockets of all members and the control socket, from one thread that never waits
/// for anybody.
final class SocketServer {
    private struct Connection {
        let file: Int32
        /// Bytes that were looked at and are still in the kernel's queue.
        var unconsumed = 0
        var interest: Readiness.Interest = [.reading]
        /// It is to be looked at then.
        var wakeAt: Moment?
        /// It ends with an error for the client, as soon as something of him is unread.
        var resetsAt: Moment?
        var isWatched = true
    }

    /// Most bytes written to one connection before others have their turn.
    private static let turn = 512 * 1024

    private var desk: AdminDesk
    private let directory: SocketDirectory
    private let readiness: Readiness
    private let signals: Int32
    private let clock: SimulatorClock
    private var steps: ArraySlice<(at: Moment, order: Order)>
    private let began: Moment
    /// When a recording that is played again and again begins anew.
    private let loopsAfter: Duration?
    private var listeners: [Int32?]
    private var availabilities: [AdminDesk.Availability]
    private let control: ControlServer
    private var connections: [AdminSession.ID: Connection] = [:]
    private var wakes: Set<AdminSession.ID> = []
    private var acceptsAgainAt: Moment?
    private var isOver = false

    init(
        _ desk: AdminDesk, _ directory: SocketDirectory, clock: SimulatorClock,
        steps: [(at: Duration, order: Order)], loopsAfter: Duration? = nil
    ) throws(UnixSocket.Failure) {
        self.desk = desk
        self.directory = directory
        self.clock = clock
        self.loopsAfter = loopsAfter
        began = desk.now
        let began = began
        self.steps = steps.map { (began + $0.at, $0.order) }[...]
        guard let readiness = Readiness() else { throw UnixSocket.Failure("epoll") }
        self.readiness = readiness
        signals = Readiness.signals([SIGTERM, SIGINT, SIGHUP])
        listeners = Array(repeating: nil, count: desk.memberCount)
        availabilities = Array(repeating: .refuses, count: desk.memberCount)
        readiness.watch(signals, .reading, token: EventSource.signal.token(0))
        control = try ControlServer(at: directory.control, readiness)
        // A member that is down from the start has a socket too: one that nobody listens at.
        for member in listeners.indices { try open(member) }
        try updateListeners()
    }

    /// Serves until a signal, or the scenario's end.
    func run() throws(UnixSocket.Failure) {
        while !isOver {
            for (token, what) in readiness.wait(milliseconds: timeout()) { handle(token, what) }
            tick()
            try updateListeners()
        }
        for connection in connections.values { close(connection.file) }
        for listener in listeners.compactMap({ $0 }) { close(listener) }
        control.close()
    }

    // MARK: Time

    private func timeout() -> Int32? {
        var next = desk.nextEvent
        func take(_ moment: Moment?) {
            if let moment, next.map({ moment < $0 }) ?? true { next = moment }
        }
        take(steps.first?.at)
        take(acceptsAgainAt)
        for id in wakes { take(connections[id]?.wakeAt) }
        let now = clock.now()
        if control.isAwaited { take(now + .milliseconds(50)) }
        guard let next else { return nil }
        let span = (next - now).inNanoseconds
        return Int32(clamping: max(0, (span + 999_999) / 1_000_000))
    }

    private func tick() {
        let now = clock.now()
        while let step = steps.first, step.at <= now {
            steps.removeFirst()
            desk.advance(to: step.at)
            if step.order == .end {
                isOver = true
                return
            }
            // It was understood when it was read, and a scenario has nobody to tell.
            _ = try? desk.carryOut(step.order)
        }
        desk.advance(to: now)
        if let loopsAfter, let playback = desk.playback, playback.position(at: now) >= loopsAfter {
            desk.playback = playback.beginning(at: now)
            desk.settle()
        }
        if let at = acceptsAgainAt, at <= now {
            acceptsAgainAt = nil
            for member in listeners.indices { watchListener(member) }
        }
        for id in desk.takeStirred() { serve(id) }
        for id in wakes {
            guard let at = connections[id]?.wakeAt else {
                wakes.remove(id)
                continue
            }
            if at <= now {
                connections[id]?.wakeAt = nil
                wakes.remove(id)
                serve(id)
            }
        }
        control.answerThoseWhoWait(at: now) { desk.complaint($0) }
    }

    // MARK: Listeners

    private func open(_ member: Int) throws(UnixSocket.Failure) {
        if let file = listeners[member] { close(file) }
        listeners[member] = nil
        listeners[member] = try UnixSocket.listen(at: directory.admin(member))
        watchListener(member)
    }

    private func watchListener(_ member: Int) {
        guard let file = listeners[member] else { return }
        let takes = acceptsAgainAt == nil && availabilities[member] != .silent
        readiness.watch(file, takes ? .reading : [], token: EventSource.listener.token(member))
    }

    private func updateListeners() throws(UnixSocket.Failure) {
        for member in listeners.indices {
            let availability = desk.availability(member)
            guard availability != availabilities[member] else {
                if availability == .refuses, let file = listeners[member] {
                    close(file)
                    listeners[member] = nil
                }
                continue
            }
            availabilities[member] = availability
            if availability == .refuses {
                if let file = listeners[member] { close(file) }
                listeners[member] = nil
            } else if listeners[member] == nil {
                try open(member)
            } else {
                watchListener(member)
            }
        }
    }

    private func accept(_ member: Int) {
        if availabilities[member] == .resets {
            // Closing a listener resets the connections that nobody has accepted.
            try? open(member)
            return
        }
        for _ in 0..<64 {
            guard let listener = listeners[member] else { return }
            let file = UnixSocket.accept(listener)
            guard file >= 0 else {
                if errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS {
                    acceptsAgainAt = clock.now() + .milliseconds(100)
                    for member in listeners.indices { watchListener(member) }
                }
                return
            }
            let id = desk.open(member)
            connections[id] = Connection(file: file)
            readiness.watch(file, .reading, token: EventSource.session.token(id))
            serve(id)
        }
    }

    // MARK: Events

    private func handle(_ token: UInt64, _ what: Readiness.Interest) {
        let id = EventSource.id(in: token)
        switch EventSource(token) {
        case .signal: isOver = true
        case .listener: accept(id)
        case .session:
            desk.advance(to: clock.now())
            if !what.isDisjoint(with: .gone), let connection = connections[id] {
                if desk.noticesEnd(id), !desk.reads(id) || !what.contains(.reading) {
                    end(id)
                    return
                }
                if !desk.noticesEnd(id) {
                    // It is told of again and again otherwise.
                    readiness.forget(connection.file)
                    connections[id]?.isWatched = false
                    return
                }
            }
            serve(id)
        case .control: control.accept()
        case .controlConnection: control.serve(id, obey)
        case nil: break
        }
    }

    private func end(_ id: AdminSession.ID) {
        guard let connection = connections.removeValue(forKey: id) else { return }
        wakes.remove(id)
        close(connection.file)
        desk.closed(id)
    }

    /// Reads and writes what can be read and written.
    private func serve(_ id: AdminSession.ID) {
        guard let file = connections[id]?.file else { return }
        if connections[id]?.resetsAt != nil {
            finishReset(id)
            return
        }
        var written = 0
        var isBlocked = false
        var hasProgressed = true
        while hasProgressed, written < SocketServer.turn {
            hasProgressed = false
            if desk.reads(id) {
                var unconsumed = connections[id]?.unconsumed ?? 0
                desk.read(id) { most in
                    SocketServer.consume(&unconsumed, of: file)
                    let fill = SocketServer.peek(most, of: file, &unconsumed)
                    if case .bytes = fill { hasProgressed = true }
                    return fill
                }
                // What is left unread makes the end of the connection an error for the client.
                if !desk.endsWithReset(id) { SocketServer.consume(&unconsumed, of: file) }
                connections[id]?.unconsumed = unconsumed
            }
            let wasReading = desk.reads(id)
            writing: while written < SocketServer.turn {
                switch desk.next(id) {
                case .write(let bytes):
                    let count = bytes.withUnsafeBytes {
                        send(file, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                    }
                    if count < 0 {
                        if errno == EINTR { continue }
                        if errno != EAGAIN {
                            end(id)
                            return
                        }
                        isBlocked = true
                        break writing
                    }
                    written += count
                    hasProgressed = true
                    desk.wrote(count, on: id)
                case .wait(let until):
                    connections[id]?.wakeAt = until
                    wakes.insert(id)
                    break writing
                case .end(let isReset):
                    if !isReset {
                        end(id)
                        return
                    }
                    connections[id]?.resetsAt = clock.now() + .seconds(1)
                    finishReset(id)
                    return
                case .silence, .nothing: break writing
                }
            }
            // A delay that is over leaves commands that were read before it.
            if !wasReading, desk.reads(id) { hasProgressed = true }
            if isBlocked { break }
        }
        watch(id, isBlocked || written >= SocketServer.turn)
    }

    private func watch(_ id: AdminSession.ID, _ wantsToWrite: Bool) {
        guard let connection = connections[id] else { return }
        var interest: Readiness.Interest = wantsToWrite ? [.writing] : []
        if desk.reads(id) { interest.insert(.reading) }
        guard interest != connection.interest || !connection.isWatched else { return }
        connections[id]?.interest = interest
        connections[id]?.isWatched = true
        readiness.watch(connection.file, interest, token: EventSource.session.token(id))
    }

    /// Ends a connection while something of the client is unread, for which it may wait a moment.
    private func finishReset(_ id: AdminSession.ID) {
        guard let connection = connections[id], let at = connection.resetsAt else { return }
        var byte: UInt8 = 0
        let count = recv(connection.file, &byte, 1, Int32(MSG_PEEK))
        if count >= 0 || errno != EAGAIN || at <= clock.now() {
            end(id)
            return
        }
        connections[id]?.wakeAt = at
        wakes.insert(id)
        readiness.watch(connection.file, .reading, token: EventSource.session.token(id))
    }

    private static func consume(_ count: inout Int, of file: Int32) {
        var buffer = InlineArray<1024, UInt8>(repeating: 0)
        while count > 0 {
            var span = buffer.mutableSpan
            let taken = span.withUnsafeMutableBytes { recv(file, $0.baseAddress, min(count, $0.count), 0) }
            guard taken > 0 else { break }
            count -= taken
        }
        count = 0
    }

    private static func peek(_ most: Int, of file: Int32, _ unconsumed: inout Int) -> AdminSession.Fill {
        var bytes = [UInt8](repeating: 0, count: most)
        while true {
            let count = bytes.withUnsafeMutableBytes {
                recv(file, $0.baseAddress, $0.count, Int32(MSG_PEEK))
            }
            if count < 0 {
                if errno == EINTR { continue }
                return errno == EAGAIN ? .nothing : .end
            }
            if count == 0 { return .end }
            unconsumed = count
            return .bytes(Array(bytes[..<count]))
        }
    }

    // MARK: Control

    private func obey(_ line: String) -> ControlServer.Reply {
        desk.advance(to: clock.now())
        do throws(Order.Invalid) {
            let order = try Order(line, members: desk.memberCount)
            switch order {
            case .members: return .text(memberLines)
            case .wait(let span, let members): return .wait(until: clock.now() + span, members: members)
            case .end:
                isOver = true
                return .text("")
            default: return .text(try desk.carryOut(order))
            }
        } catch {
            return .text("error: \(error)\n")
        }
    }

    /// A line for each member: number, address, socket.
    var memberLines: String {
        let members = desk.members
        return members.indices.map { "\($0 + 1) \(members[$0]) \(directory.admin($0))\n" }.joined()
    }
}
