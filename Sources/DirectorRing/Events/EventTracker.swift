public import AdminProbe

/// Turns one director's views, in the order they were taken, into events.
///
/// A value without I/O: the clocks are parameters.
public struct EventTracker: Sendable {
    /// When a view was taken.
    public struct Instant: Sendable {
        /// Epoch seconds.
        public var wall: Double
        public var monotonic: MonotonicTime

        public init(wall: Double, monotonic: MonotonicTime) {
            self.wall = wall
            self.monotonic = monotonic
        }
    }

    /// Healthy links are heard every 15 s at least.
    public static let silenceLimit = 20.0
    /// Seconds that what was sent over a link waits for its acknowledgement until that is an event.
    public static let stallLimit = 3.0

    /// The view up to which all changes have been returned.
    public private(set) var view: LoggedView
    private var silence = SilenceWatch()
    private var unreadMembers = UnreadRows()
    private var unreadBackends = UnreadRows()
    /// What `view.backends` was taken from: an equal list shares its memory mostly, and is told to be
    /// equal without a look at it.
    private var seenBackends: [Backend] = []
    private var makeID: @Sendable () -> String

    /// - Parameters:
    ///   - view: where an earlier tracker stopped.
    ///   - makeID: a new identity for each event.
    public init(
        view: LoggedView = LoggedView(), makeID: @escaping @Sendable () -> String = randomID
    ) {
        self.view = view
        self.makeID = makeID
    }

    /// 128 random bits as 32 hexadecimal digits.
    public static func randomID() -> String {
        var generator = SystemRandomNumberGenerator()
        return [generator.next(), generator.next()].map { (half: UInt64) in
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// A poll failed.
    public mutating func observeFailure(at instant: Instant) -> [RingEvent] {
        guard view.isReachable != false else { return [] }
        view.isReachable = false
        return [event(.directorUnreachable, at: instant)]
    }

    /// A poll brought a view.
    ///
    /// - Parameters:
    ///   - connectionEnded: the director ended the connection of the last view.
    ///   - processChanged: the director is known to be another process than at the last view.
    ///   - stalls: by neighbour, for how many seconds what was sent to it has not been acknowledged.
    public mutating func observe(
        _ snapshot: RingSnapshot, connectionEnded: Bool, processChanged: Bool = false,
        stalls: [Side: Double] = [:], at instant: Instant
    ) -> [RingEvent] {
        silence.observe(snapshot, at: instant)
        let before = view
        view.director = snapshot.ownMember ?? before.director
        view.members = snapshot.order
        view.isReachable = true
        view.hasBaseline = true

        var events: [RingEvent] = []
        if before.isReachable != true { events.append(event(.directorReachable, at: instant)) }
        guard before.hasBaseline else {
            // What is missing would be added by the next view.
            let lacksMembers = unreadMembers.excuse(snapshot.hasUnreadMembers, at: instant.monotonic)
            let lacksBackends = unreadBackends.excuse(
                snapshot.hasUnreadBackends, at: instant.monotonic)
            if lacksMembers || lacksBackends {
                view.hasBaseline = false
            } else {
                adopt(snapshot)
            }
            return events
        }
        let restarted =
            processChanged || connectionEnded && hasRestarted(snapshot, since: before)
        let missesMembers = unreadMembers.excuse(
            snapshot.hasUnreadMembers && missesMembers(snapshot, since: before),
            at: instant.monotonic)
        if missesMembers { view.members = before.members }
        if restarted { events.append(event(.directorRestarted, at: instant)) }
        if !missesMembers {
            events += memberEvents(since: before, at: instant)
            for side in [Side.left, .right] {
                events += linkEvents(
                    on: side, snapshot, restarted: restarted, stall: stalls[side], at: instant)
            }
            events += ringEvents(snapshot, at: instant)
        }
        let missesBackends = unreadBackends.excuse(
            snapshot.hasUnreadBackends && missesBackends(snapshot), at: instant.monotonic)
        if !missesBackends { events += backendEvents(snapshot, at: instant) }
        return events
    }

    private func missesMembers(_ snapshot: RingSnapshot, since before: LoggedView) -> Bool {
        snapshot.ownMember == nil
            || !Set(before.members).isSubset(of: snapshot.order)
            || before.left != nil && snapshot.left == nil
            || before.right != nil && snapshot.right == nil
    }

    private func missesBackends(_ snapshot: RingSnapshot) -> Bool {
        let keys = Set(snapshot.backends.map(\.key))
        return !view.backends.allSatisfy { keys.contains($0.key) }
    }

    /// Takes a view as it is, without events.
    private mutating func adopt(_ snapshot: RingSnapshot) {
        view.left = neighbor(in: snapshot, on: .left)
        view.right = neighbor(in: snapshot, on: .right)
        view.isSynced = snapshot.isSynced
        view.isIsolated = snapshot.isIsolated ?? false
        take(snapshot.backends)
    }

    private mutating func take(_ backends: [Backend]) {
        view.backends = backends.map(BackendState.init)
        seenBackends = backends
    }

    private func event(
        _ kind: EventKind, at instant: Instant, member: Member? = nil, side: Side? = nil,
        backend: BackendKey? = nil, old: String? = nil, new: String? = nil
    ) -> RingEvent {
        RingEvent(
            id: makeID(), kind: kind, observedAt: instant.wall, director: view.director,
            ringMembers: view.members, member: member, side: side, backend: backend, old: old,
            new: new)
    }
}

// MARK: - Members and the ring

extension EventTracker {
    private func memberEvents(since before: LoggedView, at instant: Instant) -> [RingEvent] {
        guard view.members != before.members else { return [] }
        let old = Set(before.members)
        let new = Set(view.members)
        return before.members.filter { !new.contains($0) }
            .map { event(.memberRemoved, at: instant, member: $0) }
            + view.members.filter { !old.contains($0) }
            .map { event(.memberAdded, at: instant, member: $0) }
    }

    private mutating func ringEvents(_ snapshot: RingSnapshot, at instant: Instant) -> [RingEvent] {
        var events: [RingEvent] = []
        if let isIsolated = snapshot.isIsolated, isIsolated != view.isIsolated {
            view.isIsolated = isIsolated
            if isIsolated {
                view.isIsolationLogged = true
                events.append(event(.ringIsolated, at: instant))
            } else if view.isIsolationLogged {
                view.isIsolationLogged = false
                // A member that stays alone because the others were removed has not rejoined.
                if snapshot.left != nil || snapshot.right != nil {
                    events.append(event(.ringRejoined, at: instant))
                }
            }
        }
        if let isSynced = snapshot.isSynced {
            if let wasSynced = view.isSynced, wasSynced != isSynced {
                events.append(event(isSynced ? .ringSynced : .ringUnsynced, at: instant))
            }
            view.isSynced = isSynced
        }
        return events
    }

    /// Whether the director looks like another process than the one of the last view.
    private func hasRestarted(_ snapshot: RingSnapshot, since before: LoggedView) -> Bool {
        if snapshot.status == .handshaking { return true }
        return [(Side.left, before.left), (.right, before.right)].contains { side, old in
            guard let old, let new = neighbor(in: snapshot, on: side) else { return false }
            return old.member == new.member && new.hasFewerBytes(than: old)
        }
    }
}

// MARK: - Links

extension EventTracker {
    private mutating func linkEvents(
        on side: Side, _ snapshot: RingSnapshot, restarted: Bool, stall: Double?,
        at instant: Instant
    ) -> [RingEvent] {
        let old = side == .left ? view.left : view.right
        var new = neighbor(in: snapshot, on: side)
        var events: [RingEvent] = []
        if old?.member != new?.member {
            let names = (old: old?.member.description, new: new?.member.description)
            if let old {
                events.append(
                    event(
                        .linkDown, at: instant, member: old.member, side: side, old: names.old,
                        new: names.new))
            }
            if let new {
                events.append(
                    event(
                        .linkUp, at: instant, member: new.member, side: side, old: names.old,
                        new: names.new))
            }
        } else if let old, let new, new.hasFewerBytes(than: old), !restarted {
            events.append(event(.linkReset, at: instant, member: new.member, side: side))
        }
        if let member = new?.member {
            let wasSilent = old?.member == member && old?.isSilent == true
            let isSilent = (silence.age(on: side, at: instant) ?? 0) > EventTracker.silenceLimit
            new?.isSilent = isSilent
            if isSilent != wasSilent {
                events.append(
                    event(
                        isSilent ? .linkSilent : .linkResumed, at: instant, member: member,
                        side: side))
            }
        }
        if let member = new?.member {
            let wasStalled = old?.member == member && old?.isStalled == true
            // Once told, it lasts until nothing waits any more.
            let isStalled = stall.map { wasStalled || $0 >= EventTracker.stallLimit } ?? false
            new?.isStalled = isStalled
            if isStalled != wasStalled {
                events.append(
                    event(
                        isStalled ? .linkStalled : .linkAcknowledged, at: instant, member: member,
                        side: side))
            }
        }
        if side == .left { view.left = new } else { view.right = new }
        return events
    }

    private func neighbor(in snapshot: RingSnapshot, on side: Side) -> LoggedView.Neighbor? {
        guard let member = snapshot.neighbor(on: side) else { return nil }
        let traffic = snapshot.link(on: side)?.traffic
        return LoggedView.Neighbor(
            member: member, bytesReceived: traffic?.bytesReceived, bytesSent: traffic?.bytesSent)
    }
}

extension LoggedView.Neighbor {
    /// Counters of one connection never fall.
    fileprivate func hasFewerBytes(than old: LoggedView.Neighbor) -> Bool {
        func fell(_ new: UInt64?, _ old: UInt64?) -> Bool {
            guard let new, let old else { return false }
            return new < old
        }
        return fell(bytesReceived, old.bytesReceived) || fell(bytesSent, old.bytesSent)
    }
}

// MARK: - Backends

extension EventTracker {
    private mutating func backendEvents(
        _ snapshot: RingSnapshot, at instant: Instant
    ) -> [RingEvent] {
        // While a director joins a ring its list can be empty: nobody removed these backends.
        if snapshot.backends.isEmpty, snapshot.status == .handshaking { return [] }
        if snapshot.backends == seenBackends, snapshot.backends.count == view.backends.count {
            return []
        }
        // Comparing costs less than copying, and mostly nothing but users has changed.
        let isSame =
            snapshot.backends.count == view.backends.count
            && snapshot.backends.indices.allSatisfy {
                view.backends[$0].matches(snapshot.backends[$0])
            }
        if isSame {
            seenBackends = snapshot.backends
            return []
        }

        var events: [RingEvent] = []
        let old = view.backends
        var index = 0
        func removed(_ state: BackendState) -> RingEvent {
            event(
                .backendRemoved, at: instant, backend: state.key,
                old: state.isUp.map(EventTracker.word))
        }
        for backend in snapshot.backends {
            while index < old.count, old[index].key < backend.key {
                events.append(removed(old[index]))
                index += 1
            }
            if index < old.count, old[index].key == backend.key {
                events += changes(from: old[index], to: backend, at: instant)
                index += 1
            } else {
                events.append(
                    event(
                        .backendAdded, at: instant, backend: backend.key,
                        new: backend.isUp.map(EventTracker.word)))
            }
        }
        events += old[index...].map(removed)
        take(snapshot.backends)
        return events
    }

    private func changes(
        from old: BackendState, to new: Backend, at instant: Instant
    ) -> [RingEvent] {
        var events: [RingEvent] = []
        if let wasUp = old.isUp, let isUp = new.isUp, wasUp != isUp {
            events.append(
                event(
                    isUp ? .backendUp : .backendDown, at: instant, backend: new.key,
                    old: EventTracker.word(wasUp), new: EventTracker.word(isUp)))
        }
        if old.vhosts != new.vhosts {
            events.append(
                event(
                    .backendVhostsChanged, at: instant, backend: new.key, old: "\(old.vhosts)",
                    new: "\(new.vhosts)"))
        }
        return events
    }

    private static func word(_ isUp: Bool) -> String { isUp ? "up" : "down" }
}

extension BackendState {
    init(_ backend: Backend) {
        self.init(key: backend.key, vhosts: backend.vhosts, isUp: backend.isUp)
    }

    fileprivate func matches(_ backend: Backend) -> Bool {
        key == backend.key && vhosts == backend.vhosts && isUp == backend.isUp
    }
}
