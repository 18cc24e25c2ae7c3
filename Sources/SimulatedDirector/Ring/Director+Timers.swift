internal import AdminProbe

/// What happens by itself as time passes.
extension Director {
    /// When ``tick()`` has to be called next; nil for never.
    var nextDeadline: Moment? {
        var earliest: Moment?
        func take(_ moment: Moment?) {
            if let moment, earliest.map({ moment < $0 }) ?? true { earliest = moment }
        }
        take(reconnect?.timer.next)
        take(syncTimer?.next)
        take(purgeTimer?.next)
        take(nextExpiry)
        for link in links {
            take(link.idle?.timer.next)
            take(link.pongTimer?.next)
            take(link.farewell?.at)
        }
        return earliest
    }

    /// Does what is due.
    mutating func tick() {
        if purgeTimer?.fires(at: now) == true { purgeRemoved() }
        dropExpired()
        for id in links.map(\.id) { tickLink(id) }
        if reconnect?.timer.fires(at: now) == true { reconnectDue() }
        if syncTimer?.fires(at: now) == true { resendSync() }
        flushState()
    }

    private mutating func reconnectDue() {
        switch reconnect?.why {
        case .alone: connectToRight()
        case .preferred:
            if let preferredRight, preferredRight != rightMember { dial(preferredRight) }
        case nil: break
        }
    }

    private mutating func tickLink(_ id: Link.ID) {
        guard let index = linkIndex(id) else { return }
        if let farewell = links[index].farewell, farewell.at <= now {
            switch farewell.why {
            case .elsewhere: endLink(id, reason: "Timeout waiting for disconnect after CONNECT")
            case .connectRequested: endLink(id, reason: "CONNECT requested")
            case .wrongConnect:
                endLink(id, reason: "Wrong CONNECT requested")
                if right == nil { connectToRight() }
            }
            return
        }
        if links[index].pongTimer?.fires(at: now) == true {
            disconnected(links[index], reason: "Pong timeout")
            return
        }
        guard links[index].idle?.timer.fires(at: now) == true else { return }
        switch links[index].idle?.what {
        case .giveUpHandshake: disconnected(links[index], reason: "Handshake timeout")
        case .ping: ping(id)
        case .pingTimeout: disconnected(links[index], reason: "Ping timeout")
        case nil: break
        }
    }

    /// Ends a step: what waits for a synced ring goes on.
    mutating func flushState() {
        guard hasStateChanged, isSynced, !resets.isEmpty else { return }
        continueResets()
    }
}
