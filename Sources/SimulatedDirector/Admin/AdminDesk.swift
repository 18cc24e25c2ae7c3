package import AdminProbe

/// Everything behind the admin sockets: the ring or the recording that answers, the connections,
/// and the faults that are played. A value without I/O; sockets hand it what comes, and take what
/// it says.
package struct AdminDesk: Sendable {
    /// How a member's socket behaves.
    package enum Availability: Sendable, Equatable {
        case answers
        /// The kernel takes connections, and nobody serves them.
        case silent
        case refuses
        /// Connections are made, and end at once with an error.
        case resets
    }

    static let greeting = Array("VERSION\tdirector-doveadm\t1\t0\n".utf8)

    /// The ring, where no recording is played.
    package var ring: Simulation?
    package var playback: Playback?
    package let version: ProtocolVersion
    package var faults = FaultTable()
    package private(set) var now: Moment
    private var random = RandomNumbers(seed: 2)
    private var sessions: [AdminSession.ID: AdminSession] = [:]
    private var nextSession = 0
    /// Sessions that wait for the ring, in the order in which they began to.
    private var waiting: [AdminSession.ID] = []
    /// Sessions that have something to say or to read, though nothing came from the client.
    private var stirred: Set<AdminSession.ID> = []

    package init(_ ring: Simulation, version: ProtocolVersion = .v2_3) {
        self.ring = ring
        self.version = version
        now = ring.now
    }

    package init(_ playback: Playback, now: Moment) {
        self.playback = playback
        self.now = now
        version = .v2_3
    }

    package var memberCount: Int { ring?.slots.count ?? playback?.members.count ?? 0 }

    /// In the order of their numbers.
    package var members: [Member] {
        ring?.configuration.members ?? playback?.members ?? []
    }

    package func availability(_ member: Int) -> Availability {
        if let playback { return playback.availability(member, at: now) }
        switch ring?.slots[member].state {
        case .running: return .answers
        case .hung: return .silent
        case .stopping: return .resets
        case .stopped, nil: return .refuses
        }
    }

    private func incarnation(_ member: Int) -> Int { ring?.slots[member].incarnation ?? 0 }

    // MARK: Time

    /// Lets time pass.
    package mutating func advance(to now: Moment) {
        let limit = max(self.now, now)
        var isThere = false
        while !isThere {
            // What waits goes on at once, and what times out does so in time.
            let step = max(self.now, min(limit, nextDeadline ?? limit))
            let isStepDone = ring?.advance(to: step) ?? true
            self.now = ring?.now ?? step
            settle()
            isThere = isStepDone && step == limit
        }
    }

    /// When the first of those that wait has waited for too long.
    private var nextDeadline: Moment? {
        var earliest: Moment?
        for id in waiting {
            guard let session = sessions[id], availability(session.member) == .answers,
                let deadline = session.phase.deadline
            else { continue }
            if earliest.map({ deadline < $0 }) ?? true { earliest = deadline }
        }
        return earliest
    }

    /// When something happens next by itself, but for what ``Outgoing`` waits for.
    package var nextEvent: Moment? {
        let own = ring?.nextEvent ?? playback?.nextChange(after: now)
        guard let own, let nextDeadline else { return own ?? nextDeadline }
        return min(own, nextDeadline)
    }

    /// Sessions to look at, though nothing came from their clients.
    package mutating func takeStirred() -> Set<AdminSession.ID> {
        defer { stirred = [] }
        return stirred
    }

    /// Looks at what has changed in the ring, and goes on with what waits for it.
    package mutating func settle() {
        if let playback {
            for (id, session) in sessions where !playback.keeps(session.incarnation, session.member, at: now) {
                end(id)
            }
            return
        }
        while let changed = ring?.takeChanges(), !changed.isEmpty {
            for (id, session) in sessions where changed.contains(session.member) {
                stirred.insert(id)
                if session.incarnation != incarnation(session.member) { end(id) }
            }
            for member in changed { ringMayBeSynced(member) }
        }
        for id in waiting {
            guard let session = sessions[id], let deadline = session.phase.deadline, deadline <= now,
                availability(session.member) == .answers
            else { continue }
            sessions[id]?.phase = .ready
            sessions[id]?.hasTimedOut = true
            sessions[id]?.outgoing.say(Array("Ring sync timed out\n".utf8))
            stirred.insert(id)
        }
        waiting.removeAll { sessions[$0]?.phase.isWaiting != true }
    }

    private mutating func ringMayBeSynced(_ member: Int) {
        guard ring?.slots[member].state == .running else { return }
        // The one that began to wait last is served first.
        for id in waiting.reversed() {
            guard ring?.slots[member].director?.isSynced == true else { break }
            guard let session = sessions[id], session.member == member else { continue }
            switch session.phase {
            case .toAnswer:
                sessions[id]?.phase = .ready
                say(Array("OK\n".utf8), on: id, command: nil)
                stirred.insert(id)
            case .toRun(let command, let arguments, _):
                sessions[id]?.phase = .ready
                _ = run(command, arguments, on: id)
                stirred.insert(id)
            case .reset, .handshake, .ready, .over: break
            }
        }
        let finished = ring?.takeFinishedResets(member) ?? []
        for id in waiting {
            guard case .reset(let reset) = sessions[id]?.phase, sessions[id]?.member == member,
                finished.contains(reset)
            else { continue }
            sessions[id]?.phase = .ready
            say(Array("OK\n".utf8), on: id, command: .hostResetUsers)
            stirred.insert(id)
        }
    }

    // MARK: Connections

    /// Somebody has connected.
    package mutating func open(_ member: Int) -> AdminSession.ID {
        let id = nextSession
        nextSession += 1
        let life = playback?.life(member, at: now) ?? incarnation(member)
        sessions[id] = AdminSession(member: member, incarnation: life)
        say(AdminDesk.greeting, on: id, point: .greeting, command: nil)
        return id
    }

    /// The connection is gone. What it waits for is done all the same.
    package mutating func closed(_ id: AdminSession.ID) {
        sessions[id] = nil
        stirred.remove(id)
        waiting.removeAll { $0 == id }
    }

    private mutating func end(_ id: AdminSession.ID) {
        guard sessions[id]?.phase != .over else { return }
        sessions[id]?.phase = .over
        sessions[id]?.outgoing.end()
        stirred.insert(id)
    }

    package var sessionCount: Int { sessions.count }

    /// Whether something the client sends would be looked at now.
    package func reads(_ id: AdminSession.ID) -> Bool {
        guard let session = sessions[id] else { return false }
        return session.reads && availability(session.member) == .answers
    }

    /// Whether it is known to the server that its client is gone: while a command waits, it isn't.
    package func noticesEnd(_ id: AdminSession.ID) -> Bool {
        sessions[id].map { !$0.phase.isWaiting } ?? true
    }

    /// What there is to say on a connection.
    package mutating func next(_ id: AdminSession.ID) -> Outgoing.Next {
        guard let session = sessions[id] else { return .end(isReset: false) }
        // A process that stands still says nothing, though what it has said is on its way.
        if availability(session.member) == .silent, session.phase != .over { return .nothing }
        return sessions[id]?.outgoing.next(at: now) ?? .nothing
    }

    /// Whether what it has to say ends with an error for the client.
    package func endsWithReset(_ id: AdminSession.ID) -> Bool {
        sessions[id]?.outgoing.endsWithReset ?? false
    }

    package mutating func wrote(_ count: Int, on id: AdminSession.ID) {
        sessions[id]?.outgoing.wrote(count)
    }

    private mutating func say(
        _ reply: [UInt8], on id: AdminSession.ID, point: Fault.Point? = nil, command: AdminCommand?
    ) {
        guard let session = sessions[id] else { return }
        let point = point ?? command.map { .command($0) } ?? .anyCommand
        guard let fault = faults.take(member: session.member, point: point, now: now) else {
            sessions[id]?.outgoing.say(reply)
            return
        }
        sessions[id]?.outgoing.say(reply, spoiledBy: fault, command: command, random: &random)
    }

    /// Reads what there is and does what it says, as far as the server would.
    ///
    /// - Parameter fill: reads at most so many bytes.
    package mutating func read(_ id: AdminSession.ID, _ fill: (Int) -> AdminSession.Fill) {
        guard reads(id) else { return }
        var isRefused = false
        if sessions[id]?.phase == .handshake {
            guard let line = sessions[id]?.nextLine(fill) else {
                if sessions[id]?.isInputOver == true { end(id) }
                return
            }
            guard AdminSession.isGreeting(line) else {
                end(id)
                return
            }
            sessions[id]?.phase = .ready
            say([], on: id, point: .handshake, command: nil)
        }
        // The line behind a command that waits is read, and lost.
        while !isRefused, sessions[id]?.outgoing.isFaulty == false,
            sessions[id].map({ $0.outgoing.size <= AdminSession.mostOutput }) == true,
            let line = sessions[id]?.nextLine(fill)
        {
            guard sessions[id]?.phase == .ready else { break }
            isRefused = !execute(line, on: id)
        }
        guard let session = sessions[id], session.phase == .ready else { return }
        if isRefused || session.isInputOver { end(id) }
    }

    /// - Returns: false where it is nothing that the server understands.
    private mutating func execute(_ line: [UInt8], on id: AdminSession.ID) -> Bool {
        var fields = line.split(separator: 0x09, omittingEmptySubsequences: false).map { Array($0) }
        if version.unescapes {
            fields = fields.map { field in
                let bytes = TabEscaping.unescapedBytes(field.span)
                return Array(bytes.prefix { $0 != 0 })
            }
        }
        guard let command = AdminCommand(rawValue: String(decoding: fields[0], as: UTF8.self)),
            version.knows(command)
        else { return false }
        if let playback, let member = sessions[id]?.member {
            // A recording has the lists alone.
            guard let reply = playback.reply(to: command, member, at: now) else { return false }
            say(reply, on: id, command: command)
            return true
        }
        if command.waitsBefore, version.waitsForSync, let member = sessions[id]?.member,
            ring?.slots[member].director?.isSynced == false
        {
            wait(.toRun(command, Array(fields.dropFirst()), until: now + AdminSession.syncTimeout), id)
            return true
        }
        return run(command, Array(fields.dropFirst()), on: id)
    }

    private mutating func run(
        _ command: AdminCommand, _ arguments: [[UInt8]], on id: AdminSession.ID
    ) -> Bool {
        guard let member = sessions[id]?.member else { return true }
        let version = version
        let outcome = ring?.withDirector(member) { $0.run(command, arguments, version) }
        switch outcome {
        case .reply(let reply): say(reply, on: id, command: command)
        case .okWhenSynced:
            if !version.waitsForSync || ring?.slots[member].director?.isSynced == true {
                say(Array("OK\n".utf8), on: id, command: command)
            } else {
                wait(.toAnswer(until: now + AdminSession.syncTimeout), id)
            }
        case .okAfterReset(let reset):
            if ring?.takeFinishedReset(reset, member) == true {
                say(Array("OK\n".utf8), on: id, command: command)
            } else {
                wait(.reset(reset), id)
            }
        case .refused, nil:
            // A command that had to wait ends its connection when it is read from the next time.
            if sessions[id]?.phase == .ready { end(id) }
            return false
        }
        return true
    }

    private mutating func wait(_ phase: AdminSession.Phase, _ id: AdminSession.ID) {
        if sessions[id]?.hasTimedOut == true, phase.deadline != nil, let member = sessions[id]?.member {
            // The director's own assertion: it aborts, and is started anew.
            ring?.crash(member)
            ring?.start(member)
            settle()
            return
        }
        sessions[id]?.phase = phase
        waiting.append(id)
    }
}

extension Simulation {
    /// Resets of a member that are done.
    mutating func takeFinishedResets(_ slot: Int) -> [Int] {
        guard slots[slot].director != nil else { return [] }
        defer { slots[slot].director!.finishedResets = [] }
        return slots[slot].director!.finishedResets
    }

    /// Whether that reset is done.
    mutating func takeFinishedReset(_ id: Int, _ slot: Int) -> Bool {
        guard let index = slots[slot].director?.finishedResets.firstIndex(of: id) else { return false }
        slots[slot].director!.finishedResets.remove(at: index)
        return true
    }
}
