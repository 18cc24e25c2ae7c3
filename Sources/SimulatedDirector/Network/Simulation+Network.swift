internal import AdminProbe

/// The network between the members.
extension Simulation {
    private func path(_ from: Int, _ to: Int) -> Path? { paths[Wire.Pair(from: from, to: to)] }

    /// Whether a packet gets lost now.
    private mutating func loses(_ from: Int, _ to: Int) -> Bool {
        switch path(from, to) {
        case .dropped: true
        case .lossy(let percent): random.next() % 100 < UInt64(percent)
        case .answeredWithResets, nil: false
        }
    }

    private static func retry(_ losses: Int) -> Duration {
        min(firstRetry * Int(1 << min(losses, 10)), longestRetry)
    }

    // MARK: Connecting

    mutating func dial(_ member: Member, from end: Wire.End) {
        guard let acceptor = slots.firstIndex(where: { $0.member == member }) else {
            // Nobody is there, and nobody says so.
            let wire = nextWire
            nextWire += 1
            wires[wire] = Wire(dialler: end.slot, acceptor: end.slot, ends: [end, nil])
            wireOfEnd[end] = wire
            return
        }
        let wire = nextWire
        nextWire += 1
        wires[wire] = Wire(dialler: end.slot, acceptor: acceptor, ends: [end, nil])
        wireOfEnd[end] = wire
        queue.put(.dial(wire), at: now + configuration.latency)
    }

    mutating func tryDialling(_ id: Wire.ID) {
        guard let wire = wires[id] else { return }
        guard let end = wire.ends[0] else {
            wires[id] = nil
            return
        }
        let acceptor = wire.acceptor
        if loses(wire.dialler, acceptor) || loses(acceptor, wire.dialler) {
            // 1, 3, 7 s after the first try.
            let pause = Duration.seconds(1 << min(wire.dials, 6))
            wires[id]?.dials += 1
            queue.put(.dial(id), at: now + pause)
            return
        }
        let isReset = path(wire.dialler, acceptor) == .answeredWithResets
        if isReset || slots[acceptor].state == .stopped {
            wireOfEnd[end] = nil
            wires[id] = nil
            onLink(end) { $0.refused(end.link) }
            return
        }
        wires[id]?.isEstablished = true
        switch slots[acceptor].state {
        case .stopping: wires[id]?.isForNobody = true
        case .hung: wires[id]?.awaitsAccept = true
        case .running, .stopped: accept(id)
        }
        onLink(end) { $0.connected(end.link) }
    }

    private mutating func accept(_ id: Wire.ID) {
        guard let wire = wires[id] else { return }
        wires[id]?.awaitsAccept = false
        let address = slots[wire.dialler].member.address
        let slot = wire.acceptor
        guard slots[slot].director != nil else { return }
        slots[slot].director!.now = now
        guard let link = slots[slot].director!.accept(from: address) else {
            // It belongs to no member of the ring.
            putEnd(id, from: .acceptor)
            return
        }
        let end = Wire.End(slot: slot, incarnation: slots[slot].incarnation, link: link)
        wires[id]?.ends[1] = end
        wireOfEnd[end] = id
        withDirector(slot) { _ in }
    }

    // MARK: Sending

    private func side(of end: Wire.End, in wire: Wire) -> Wire.Side {
        wire.ends[0] == end ? .dialler : .acceptor
    }

    mutating func put(_ segment: Wire.Segment, by end: Wire.End) {
        guard let id = wireOfEnd[end], let side = wires[id].map({ side(of: end, in: $0) }) else {
            return
        }
        put(segment, on: id, from: side)
        // A director gives up a link whose other side doesn't take what it is told.
        if wires[id]?.flows[side.rawValue].size ?? 0 > Simulation.mostQueued { lose(end) }
    }

    private mutating func put(_ segment: Wire.Segment, on id: Wire.ID, from side: Wire.Side) {
        wires[id]?.flows[side.rawValue].put(segment)
        schedule(id, from: side, after: configuration.latency)
    }

    private mutating func putEnd(_ id: Wire.ID, from side: Wire.Side) {
        put(.end, on: id, from: side)
    }

    private mutating func schedule(_ id: Wire.ID, from side: Wire.Side, after span: Duration) {
        guard wires[id]?.flows[side.rawValue].isScheduled == false else { return }
        wires[id]?.flows[side.rawValue].isScheduled = true
        queue.put(.deliver(id, from: side), at: now + span)
    }

    /// One side closes.
    mutating func close(_ end: Wire.End) {
        guard let id = wireOfEnd.removeValue(forKey: end), let wire = wires[id] else { return }
        let side = side(of: end, in: wire)
        wires[id]?.ends[side.rawValue] = nil
        if wire.isEstablished {
            putEnd(id, from: side)
        } else {
            wires[id] = nil
        }
    }

    /// One side learns that the connection is gone.
    private mutating func lose(_ end: Wire.End) {
        if let id = wireOfEnd.removeValue(forKey: end), let wire = wires[id] {
            let side = side(of: end, in: wire).rawValue
            wires[id]?.ends[side] = nil
            forgetIfDead(id)
        }
        onLink(end) { $0.linkLost(end.link) }
    }

    private mutating func onLink(_ end: Wire.End, _ body: (inout Director) -> Void) {
        guard slots[end.slot].incarnation == end.incarnation else { return }
        withDirector(end.slot) { body(&$0) }
    }

    private mutating func forgetIfDead(_ id: Wire.ID) {
        guard let wire = wires[id] else { return }
        if wire.ends[0] == nil, wire.ends[1] == nil, !wire.awaitsAccept,
            wire.flows.allSatisfy({ $0.queue.isEmpty })
        {
            wires[id] = nil
        }
    }

    mutating func deliver(_ id: Wire.ID, from side: Wire.Side) {
        guard let wire = wires[id] else { return }
        wires[id]?.flows[side.rawValue].isScheduled = false
        let flow = wire.flows[side.rawValue]
        guard !flow.queue.isEmpty else { return }
        let from = wire.slot(side)
        let to = wire.slot(side.other)
        if loses(from, to) {
            guard flow.losses < Simulation.mostLosses || wire.ends[side.rawValue] != nil else {
                wires[id]?.flows[side.rawValue].empty()
                forgetIfDead(id)
                return
            }
            wires[id]?.flows[side.rawValue].losses += 1
            schedule(id, from: side, after: Simulation.retry(flow.losses))
            return
        }
        if path(from, to) == .answeredWithResets {
            wires[id]?.flows[side.rawValue].empty()
            if let end = wire.ends[side.rawValue] { lose(end) }
            forgetIfDead(id)
            return
        }
        // What comes to a process that doesn't read waits there.
        if slots[to].state == .hung || wire.isForNobody { return }
        wires[id]?.flows[side.rawValue].empty()
        wires[id]?.flows[side.rawValue].losses = 0
        guard let receiver = wire.ends[side.other.rawValue] else {
            // Nobody is there any more, which the sender is told.
            if let end = wire.ends[side.rawValue], !loses(to, from) { lose(end) }
            forgetIfDead(id)
            return
        }
        var batch: [(message: RingMessage, length: Int)] = []
        var isOver = false
        for segment in flow.queue {
            switch segment {
            case .message(let message, let length): batch.append((message, length))
            case .end: isOver = true
            }
        }
        if !batch.isEmpty { onLink(receiver) { $0.receive(batch, on: receiver.link) } }
        if isOver, wires[id]?.ends[side.other.rawValue] == receiver { lose(receiver) }
        forgetIfDead(id)
    }

    // MARK: Members

    /// The process of a member ends in good order; its machine still takes connections for a moment.
    package mutating func stop(_ slot: Int) {
        guard slots[slot].director != nil else { return }
        withDirector(slot) { $0.shutDown() }
        endProcess(slot)
        slots[slot].state = .stopping
        queue.put(
            .goneDown(slot: slot, incarnation: slots[slot].incarnation), at: now + Simulation.goingDown)
    }

    /// The process of a member is killed: its connections end without a word.
    package mutating func crash(_ slot: Int) {
        guard slots[slot].director != nil else { return }
        for (id, wire) in wires.sorted(by: { $0.key < $1.key })
        where wire.dialler == slot || wire.acceptor == slot {
            for end in wire.ends.compactMap({ $0 }) where end.slot == slot { close(end) }
            if wire.acceptor == slot, wire.awaitsAccept || wire.isForNobody { endForNobody(id) }
        }
        endProcess(slot)
        slots[slot].state = .stopped
    }

    private mutating func endProcess(_ slot: Int) {
        slots[slot].director = nil
        slots[slot].incarnation += 1
        slots[slot].missedTimers = []
        slots[slot].tickAt = nil
        changed.insert(slot)
    }

    mutating func goneDown(_ slot: Int) {
        slots[slot].state = .stopped
        for (id, wire) in wires.sorted(by: { $0.key < $1.key })
        where wire.acceptor == slot && (wire.isForNobody || wire.awaitsAccept) {
            endForNobody(id)
        }
        changed.insert(slot)
    }

    private mutating func endForNobody(_ id: Wire.ID) {
        wires[id]?.isForNobody = false
        wires[id]?.awaitsAccept = false
        putEnd(id, from: .acceptor)
    }

    /// A new process of a member that has none.
    package mutating func start(_ slot: Int) {
        guard slots[slot].director == nil else { return }
        if slots[slot].state == .stopping { goneDown(slot) }
        slots[slot].state = .running
        slots[slot].incarnation += 1
        slots[slot].director = Director(
            own: slots[slot].member, members: configuration.members, hosts: hosts,
            settings: configuration.settings, now: now)
        changed.insert(slot)
        withDirector(slot) { $0.start() }
    }

    /// Stops a member, and starts it again after a while.
    package mutating func restart(_ slot: Int, after span: Duration) {
        stop(slot)
        if span <= .zero {
            start(slot)
        } else {
            queue.put(.start(slot: slot), at: now + span)
        }
    }

    /// The process stands still; its machine goes on acknowledging what comes.
    package mutating func hang(_ slot: Int) {
        if slots[slot].state == .running { slots[slot].state = .hung }
    }

    package mutating func resume(_ slot: Int) {
        guard slots[slot].state == .hung else { return }
        slots[slot].state = .running
        changed.insert(slot)
        // What has come due is done first, then what has come.
        withDirector(slot) { $0.tick() }
        let timers = slots[slot].missedTimers
        slots[slot].missedTimers = []
        for timer in timers { withDirector(slot) { $0.fire(timer) } }
        for (id, wire) in wires.sorted(by: { $0.key < $1.key }) {
            guard wire.dialler == slot || wire.acceptor == slot else { continue }
            if wire.awaitsAccept, wire.acceptor == slot { accept(id) }
            for side in [Wire.Side.dialler, .acceptor] where wire.slot(side.other) == slot {
                if wire.flows[side.rawValue].queue.isEmpty { continue }
                schedule(id, from: side, after: .zero)
            }
        }
    }

    /// What happens to packets from one member to another; nil for nothing.
    package mutating func setPath(from: Int, to: Int, _ path: Path?) {
        paths[Wire.Pair(from: from, to: to)] = path
    }

    /// Mends all paths.
    package mutating func heal() {
        paths = [:]
    }
}
