internal import AdminProbe
internal import DirectorRing

/// A whole ring: its members, the network between them, and users who log in. A value that knows
/// no clock: it is told up to when time has passed.
package struct Simulation: Sendable {
    package enum State: String, Sendable {
        case running, hung, stopping, stopped
    }

    /// One member: the machine, on which a director may run.
    struct Slot: Sendable {
        let member: Member
        var state = State.running
        var director: Director?
        /// How many processes there have been.
        var incarnation = 0
        /// When it is looked at next.
        var tickAt: Moment?
        /// What came due while it hung.
        var missedTimers: [Director.UserTimer] = []
    }

    enum Event: Sendable {
        case tick(slot: Int)
        case userTimer(slot: Int, incarnation: Int, Director.UserTimer)
        case dial(Wire.ID)
        case deliver(Wire.ID, from: Wire.Side)
        case goneDown(slot: Int, incarnation: Int)
        case start(slot: Int)
        case logins
    }

    /// How long a member that is stopped still takes connections, which nobody serves.
    static let goingDown: Duration = .seconds(1)
    /// How long ago a ring that has formed had its last PINGs, on all links at a time as after a SYNC.
    static let quiet: Duration = .seconds(2)
    static let loginBatch: Duration = .milliseconds(100)
    /// A director's output buffer (director_output_buffer_size) and the kernel's; bytes.
    static let mostQueued = 12 << 20
    /// TCP's retransmission times.
    static let firstRetry: Duration = .milliseconds(200)
    static let longestRetry: Duration = .seconds(120)
    /// Connections that both sides have left are forgotten after so many lost tries.
    static let mostLosses = 8

    package let configuration: RingConfiguration
    package private(set) var now: Moment
    var slots: [Slot]
    let hosts: HostTable
    var wires: [Wire.ID: Wire] = [:]
    var nextWire = 0
    var wireOfEnd: [Wire.End: Wire.ID] = [:]
    var queue = EventQueue<Event>()
    /// By sender and receiver.
    package internal(set) var paths: [Wire.Pair: Path] = [:]
    var random: RandomNumbers
    let userHashes: [UInt32]
    package var loginsPerSecond: Double
    private var owedLogins = 0.0
    /// How many events there have been: what the simulation costs.
    package private(set) var eventCount = 0
    /// Members in which something has happened that commands may wait for.
    var changed: Set<Int> = []

    /// A ring that is whole and has been for a while.
    package init(_ configuration: RingConfiguration, now: Moment) throws(RingConfiguration.Invalid) {
        try configuration.check()
        self.configuration = configuration
        self.now = now
        random = RandomNumbers(seed: configuration.seed)
        var hosts = HostTable()
        hosts.add(contentsOf: configuration.backends.map { ($0.address, $0.tag, $0.vhosts) })
        self.hosts = hosts
        userHashes = (0..<configuration.users).map { HashRing.hash(of: Simulation.userName($0)) }
        loginsPerSecond = configuration.loginsPerSecond
        slots = configuration.members.map { Slot(member: $0) }
        formRing()
        queue.put(.logins, at: now + Simulation.loginBatch)
    }

    /// The name of a user, by his number from 0.
    package static func userName(_ number: Int) -> String {
        let digits = String(number)
        return "user" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }

    // MARK: Time

    /// Lets time pass, up to the limit or to the first change that commands may wait for.
    ///
    /// - Returns: whether the limit was reached.
    package mutating func advance(to limit: Moment) -> Bool {
        while let (at, event) = queue.take(until: limit) {
            now = max(now, at)
            handle(event)
            eventCount += 1
            if !changed.isEmpty { return false }
        }
        now = max(now, limit)
        return true
    }

    /// When something happens next; nil for never.
    package var nextEvent: Moment? { queue.next }

    /// Members in which something has happened that commands may wait for, since last asked.
    package mutating func takeChanges() -> Set<Int> {
        defer { changed = [] }
        return changed
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .tick(let slot):
            if let at = slots[slot].tickAt, at <= now { slots[slot].tickAt = nil }
            guard slots[slot].state == .running, let due = slots[slot].director?.nextDeadline else {
                return
            }
            if due <= now {
                withDirector(slot) { $0.tick() }
            } else {
                scheduleTick(slot)
            }
        case .userTimer(let slot, let incarnation, let timer):
            guard slots[slot].incarnation == incarnation else { return }
            if slots[slot].state == .hung {
                slots[slot].missedTimers.append(timer)
            } else {
                withDirector(slot) { $0.fire(timer) }
            }
        case .dial(let wire): tryDialling(wire)
        case .deliver(let wire, let side): deliver(wire, from: side)
        case .goneDown(let slot, let incarnation):
            if slots[slot].incarnation == incarnation, slots[slot].state == .stopping { goneDown(slot) }
        case .start(let slot): start(slot)
        case .logins:
            logIn()
            queue.put(.logins, at: now + Simulation.loginBatch)
        }
    }

    /// Lets a director that runs do something, and does what it wants done.
    @discardableResult
    mutating func withDirector<Result>(_ slot: Int, _ body: (inout Director) -> Result) -> Result? {
        guard slots[slot].director != nil else { return nil }
        slots[slot].director!.now = now
        let result = body(&slots[slot].director!)
        carryOut(slot)
        return result
    }

    private mutating func carryOut(_ slot: Int) {
        guard slots[slot].director != nil else { return }
        let actions = slots[slot].director!.actions
        slots[slot].director!.actions = []
        let incarnation = slots[slot].incarnation
        for action in actions {
            switch action {
            case .dial(let link, let member):
                dial(member, from: Wire.End(slot: slot, incarnation: incarnation, link: link))
            case .send(let link, let message, let length):
                put(
                    .message(message, length: length),
                    by: Wire.End(slot: slot, incarnation: incarnation, link: link))
            case .close(let link):
                close(Wire.End(slot: slot, incarnation: incarnation, link: link))
            case .schedule(let at, let timer):
                queue.put(.userTimer(slot: slot, incarnation: incarnation, timer), at: at)
            }
        }
        if slots[slot].director!.hasStateChanged || !slots[slot].director!.finishedResets.isEmpty {
            slots[slot].director!.hasStateChanged = false
            changed.insert(slot)
        }
        scheduleTick(slot)
    }

    mutating func scheduleTick(_ slot: Int) {
        guard slots[slot].state == .running, let due = slots[slot].director?.nextDeadline else { return }
        if let at = slots[slot].tickAt, at <= due { return }
        slots[slot].tickAt = max(due, now)
        queue.put(.tick(slot: slot), at: max(due, now))
    }

    // MARK: Users

    private mutating func logIn() {
        guard !userHashes.isEmpty, !hosts.tags.isEmpty, loginsPerSecond > 0 else { return }
        owedLogins += loginsPerSecond * Simulation.loginBatch.inSeconds
        while owedLogins >= 1 {
            owedLogins -= 1
            let user = Int(random.next() % UInt64(userHashes.count))
            let slot = Int(random.next() % UInt64(slots.count))
            let hash = userHashes[user]
            let tag = hosts.tags[user % hosts.tags.count]
            if slots[slot].state == .running { withDirector(slot) { $0.login(hash, tag: tag) } }
        }
    }

    // MARK: The beginning

    /// Links all members as a ring that formed a while ago would be.
    private mutating func formRing() {
        let age: Duration = .seconds(120)
        let began = Moment(nanoseconds: now.nanoseconds - age.inNanoseconds)
        var directors = slots.map {
            Director(
                own: $0.member, members: slots.map(\.member), hosts: hosts,
                settings: configuration.settings, now: began)
        }
        let order = slots.indices.sorted { slots[$0].member < slots[$1].member }
        if order.count > 1 {
            for (position, slot) in order.enumerated() {
                let next = order[(position + 1) % order.count]
                let heard = Moment(nanoseconds: now.nanoseconds - Simulation.quiet.inNanoseconds)
                let out = directors[slot].formed(
                    isIncoming: false, with: slots[next].member, heard: heard)
                let incoming = directors[next].formed(
                    isIncoming: true, with: slots[slot].member, heard: heard)
                let ends = [
                    Wire.End(slot: slot, incarnation: 0, link: out),
                    Wire.End(slot: next, incarnation: 0, link: incoming),
                ]
                var wire = Wire(dialler: slot, acceptor: next, ends: ends)
                wire.isEstablished = true
                for end in ends { wireOfEnd[end] = nextWire }
                wires[nextWire] = wire
                nextWire += 1
            }
        }
        let users = seatedUsers(directors[0])
        for slot in slots.indices {
            directors[slot].seat(users)
            directors[slot].now = now
            directors[slot].formed()
            slots[slot].director = directors[slot]
            scheduleTick(slot)
        }
    }

    /// All users where their hashes lead, as if they had logged in one after the other.
    private func seatedUsers(_ director: Director) -> Director {
        var director = director
        guard !userHashes.isEmpty, !hosts.tags.isEmpty else { return director }
        let span =
            loginsPerSecond > 0
            ? min(Double(userHashes.count) / loginsPerSecond, Double(configuration.settings.userExpire) / 2)
            : 0
        for (number, hash) in userHashes.enumerated() {
            let age = span * (1 - Double(number) / Double(userHashes.count))
            director.now = Moment(nanoseconds: now.nanoseconds - Int64(age * 1e9))
            director.seat(hash, tag: hosts.tags[number % hosts.tags.count])
        }
        return director
    }
}

extension Director {
    /// A link of a ring that formed a while ago.
    ///
    /// - Parameter heard: when its last PING was answered.
    mutating func formed(isIncoming: Bool, with member: Member, heard: Moment) -> Link.ID {
        var link = Link(id: nextLink, isIncoming: isIncoming, member: member, now: self.now)
        nextLink += 1
        link.connectedAt = self.now
        link.isVersionReceived = true
        link.isMeReceived = true
        link.isHandshaked = true
        link.isSynced = true
        link.lastInput = heard
        link.lastOutput = heard
        link.idle = (.ping, RepeatingTimer(every: Director.pingInterval, from: heard))
        func greeting(_ member: Member) -> Int {
            RingMessage.version.length + RingMessage.me(member, time: heard.seconds).length
        }
        let lists =
            peers.reduce(0) { $0 + RingMessage.director($1.member).length }
            + hosts.rows.reduce(0) { $0 + RingMessage.handshakeHost(update(of: $1)).length }
        let edges: [RingMessage] = [
            .hostsBegin(isComplete: true), .hostsEnd(isComplete: true), .options, .done,
        ]
        let byDialler =
            greeting(isIncoming ? member : own) + lists + edges.reduce(0) { $0 + $1.length }
        let byAcceptor = greeting(isIncoming ? own : member) + RingMessage.done.length
        let (received, sent) = isIncoming ? (byDialler, byAcceptor) : (byAcceptor, byDialler)
        link.bytesRead = UInt64(received)
        link.bytesSent = UInt64(sent)
        links.append(link)
        if isIncoming { left = link.id } else { right = link.id }
        return link.id
    }

    /// Puts a user where his hash leads.
    mutating func seat(_ hash: UInt32, tag: String) {
        guard let tagIndex = hosts.tags.firstIndex(of: tag), users[tagIndex][hash] == nil,
            let id = hashIndex.host(for: hash, tag: tag, in: hosts), let host = hosts.host(id)
        else { return }
        addUser(hash, to: host, timestamp: seconds)
    }

    /// Takes the users that another director has, and what is known of where they belong.
    mutating func seat(_ other: Director) {
        hosts = other.hosts
        users = other.users
        hashIndex = other.hashIndex
    }

    /// The ring is whole.
    mutating func formed() {
        isHandshaked = true
        isSynced = true
        lastSyncTime = now.seconds
        syncSequence = 1
    }
}
