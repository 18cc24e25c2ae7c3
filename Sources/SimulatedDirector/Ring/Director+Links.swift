internal import AdminProbe

/// Making and ending links.
extension Director {
    static let connectTimeout: Duration = .seconds(10)
    static let meTimeout: Duration = .seconds(10)
    static let sendUsersTimeout: Duration = .seconds(30)
    static let doneTimeout: Duration = .seconds(40)
    static let pingInterval: Duration = .seconds(15)
    static let pingIntervalUnsynced: Duration = .seconds(1)
    /// A connection that dies younger counts as a failure of the member.
    static let youngest: Int64 = 40
    static let farewellTimeout: Duration = .seconds(10)

    /// A new process begins.
    mutating func start() {
        connectToRight()
        flushState()
    }

    /// Dials the first member on the right that may be reachable; where there is none, it is alone.
    mutating func connectToRight() {
        let index = peerIndex(own) ?? 0
        for offset in 1..<max(peers.count, 1) {
            let peer = peers[(index + offset) % peers.count]
            if peer.isRemoved || peer.member == own { continue }
            if peer.lastNetworkFailure + Director.reconnectRetry > now.seconds { continue }
            dial(peer.member, isSearch: true)
            return
        }
        if peers.count > 1, waitForOthers() { return }
        if let left {
            // Nobody on the right means nobody at all.
            endLink(left, reason: "This connection is dead?")
        }
        if !isHandshaked {
            setHandshaked()
        } else if !isSynced {
            setSynced()
        }
    }

    /// Before it believes that it is alone, a director asks everybody again for a while, once in its
    /// life.
    private mutating func waitForOthers() -> Bool {
        if firstAlone != 0, now.seconds - firstAlone > Director.aloneGrace { return false }
        if firstAlone == 0 { firstAlone = now.seconds }
        for index in peers.indices { peers[index].lastNetworkFailure = 0 }
        reconnect = (.alone, RepeatingTimer(every: Director.quickReconnectInterval, from: now))
        return true
    }

    mutating func dial(_ member: Member, isSearch: Bool = false) {
        if links.contains(where: { $0.member == member && !$0.isIncoming }) { return }
        changePeer(member) {
            $0.lastNetworkFailure = 0
            $0.restarted()
        }
        var link = Link(id: nextLink, isIncoming: false, member: member, now: now)
        nextLink += 1
        link.isSearch = isSearch
        link.idle = (.giveUpHandshake, RepeatingTimer(every: Director.connectTimeout, from: now))
        links.append(link)
        actions.append(.dial(link.id, member))
    }

    /// The dialled member has accepted.
    mutating func connected(_ id: Link.ID) {
        guard let index = linkIndex(id) else { return }
        links[index].connectedAt = now
        links[index].idle = (.giveUpHandshake, RepeatingTimer(every: Director.meTimeout, from: now))
        isCorked = true
        greet(id)
        for peer in peers where !peer.isRemoved { send(.director(peer.member), to: id) }
        uncork()
        flushState()
    }

    /// The dialled machine is there and takes no connection. To a real director that is known as soon as
    /// it dials, so that there never was a link.
    mutating func refused(_ id: Link.ID) {
        guard let index = linkIndex(id) else { return }
        let link = links.remove(at: index)
        if let member = link.member { changePeer(member) { [now] in $0.lastNetworkFailure = now.seconds } }
        if link.isSearch, right == nil { connectToRight() }
        flushState()
    }

    /// Somebody dials. Nil where he isn't one of the ring.
    mutating func accept(from address: IPAddress) -> Link.ID? {
        guard let peer = peers.first(where: { $0.member.address == address }), !peer.isRemoved else {
            return nil
        }
        var link = Link(id: nextLink, isIncoming: true, member: nil, now: now)
        nextLink += 1
        link.connectedAt = now
        link.idle = (.giveUpHandshake, RepeatingTimer(every: Director.meTimeout, from: now))
        links.append(link)
        greet(link.id)
        flushState()
        return link.id
    }

    private mutating func greet(_ id: Link.ID) {
        send(.version, to: id)
        send(.me(own, time: now.seconds), to: id)
    }

    /// The connection could not be made, or the other side is gone.
    mutating func linkLost(_ id: Link.ID) {
        guard let link = link(id) else { return }
        disconnected(link, reason: "")
        flushState()
    }

    /// An end that is nobody's decision.
    mutating func disconnected(_ link: Link, reason: String) {
        if let member = link.member,
            link.connectedAt.map({ $0.seconds + Director.youngest > now.seconds }) ?? true
        {
            changePeer(member) { [now] in $0.lastNetworkFailure = now.seconds }
        }
        reconnectAfterEnding(link.id, reason: reason)
    }

    mutating func reconnectAfterEnding(_ id: Link.ID, reason: String) {
        endLink(id, reason: reason)
        if right == nil { connectToRight() }
    }

    /// Closes a link, and what follows from its absence.
    mutating func endLink(_ id: Link.ID, reason: String) {
        guard let index = linkIndex(id) else { return }
        if !reason.isEmpty, links[index].isVersionReceived { send(.quit(reason), to: id) }
        links.remove(at: index)
        actions.append(.close(id))
        if left == id {
            left = nil
            assignWaitingLefts()
        }
        if right == id { right = nil }
        if left == nil || right == nil {
            syncSequence &+= 1
            setUnsynced()
        }
    }

    /// The process ends in good order.
    mutating func shutDown() {
        for link in links { endLink(link.id, reason: "Shutting down") }
    }

    // MARK: Neighbours

    /// Sends the rest of the handshake, once the other's version is known.
    mutating func finishHandshake(_ id: Link.ID) {
        guard let link = link(id), !link.isIncoming else { return }
        send(.hostsBegin(isComplete: isHandshaked), to: id)
        for host in hosts.rows { send(.handshakeHost(update(of: host)), to: id) }
        send(.hostsEnd(isComplete: isHandshaked), to: id)
        var sent: UInt32 = 0
        for table in users {
            for user in table.inOrder() {
                guard let host = hosts.host(user.host) else { continue }
                let message = RingMessage.handshakeUser(
                    hash: user.hash, host: host.address, timestamp: user.timestamp)
                send(message, to: id)
                sent += 1
            }
        }
        changeLink(id) { $0.usersSent = sent }
        send(.options, to: id)
        send(.done, to: id)
        restartIdle(id)
    }

    mutating func restartIdle(_ id: Link.ID) {
        changeLink(id) { [now] link in
            guard let idle = link.idle else { return }
            link.idle = (idle.what, RepeatingTimer(every: idle.timer.interval, from: now))
        }
    }

    func update(of host: MailHost) -> RingMessage.HostUpdate {
        RingMessage.HostUpdate(
            address: host.address, text: host.text, vhosts: host.vhosts, tag: hosts.tagName(host),
            isDown: host.isDown, lastChange: host.lastChange)
    }

    /// The other side's ME.
    ///
    /// - Returns: false where the link has to end.
    mutating func introduced(_ id: Link.ID, as member: Member) -> Bool {
        guard let link = link(id), !link.isMeReceived else { return false }
        if !link.isIncoming, link.member != member { return false }
        changeLink(id) { [now] in
            $0.isMeReceived = true
            $0.idle = (
                .giveUpHandshake,
                RepeatingTimer(
                    every: $0.isIncoming ? Director.doneTimeout : Director.sendUsersTimeout, from: now)
            )
        }
        guard link.isIncoming else { return true }
        let peer = ensurePeer(member)
        peers[peer].isRemoved = false
        peers[peer].restarted()
        changeLink(id) { $0.member = member }
        guard let left, let leftMember else {
            // He may be the right neighbour, too.
            peers[peer].lastNetworkFailure = 0
            if !links.contains(where: { !$0.isIncoming && $0.farewell == nil }) { connectToRight() }
            return true
        }
        if leftMember == member {
            endLink(left, reason: "Replacing with new incoming connection")
        } else if compareToOwn(member, leftMember) < 0 {
            send(.connect(member), to: left)
        } else {
            changeLink(left) { $0.isVerified = true }
            ping(left)
        }
        return true
    }

    /// The other side's DONE.
    mutating func handshakeDone(_ id: Link.ID) -> Bool {
        guard let link = link(id), let member = link.member else { return false }
        if link.isIncoming, link.usersReceived > 0 {
            for index in users.indices { users[index].sort() }
        }
        changePeer(member) { $0.lastNetworkFailure = 0 }
        changeLink(id) { $0.isHandshaked = true }
        guard link.isIncoming else { return assignRight(id) }
        send(.done, to: id)
        tellAll(.director(member), from: member)
        return assignLeft(id)
    }

    /// - Returns: false where nobody wants the link.
    private mutating func assignLeft(_ id: Link.ID) -> Bool {
        guard let member = link(id)?.member, member != own else { return false }
        if let current = left, let leftMember {
            if leftMember == member {
                endLink(current, reason: "Replacing with \(member)")
            } else if link(current)?.isVerified == true {
                return true
            } else if compareToOwn(leftMember, member) < 0 {
                sendElsewhere(id, to: leftMember)
                return true
            } else {
                // It becomes the left one when the present one has gone.
                return true
            }
        }
        guard left == nil else { return true }
        left = id
        assigned(id)
        return true
    }

    private mutating func assignWaitingLefts() {
        for candidate in links.map(\.id) {
            guard let link = link(candidate), link.isIncoming, link.isHandshaked, link.farewell == nil,
                link.id != left
            else { continue }
            if !assignLeft(candidate) {
                endLink(candidate, reason: "Unwanted incoming connection")
                assignWaitingLefts()
                return
            }
        }
    }

    private mutating func assignRight(_ id: Link.ID) -> Bool {
        guard let member = link(id)?.member else { return false }
        if let current = right, let rightMember {
            // The present one is the better one.
            if compareToOwn(member, rightMember) <= 0 { return false }
            endLink(current, reason: "Replacing with \(member)")
        }
        right = id
        assigned(id)
        for index in peers.indices {
            guard let sync = peers[index].delayedSync else { continue }
            peers[index].delayedSync = nil
            sendSync(sync)
        }
        return true
    }

    private mutating func assigned(_ id: Link.ID) {
        if left != nil, right != nil {
            syncSequence &+= 1
            setUnsynced()
            sendOwnSync()
        }
        setPingTimer(id)
    }

    /// Tells a member on a link that isn't for him where to connect.
    mutating func sendElsewhere(_ id: Link.ID, to member: Member) {
        guard let link = link(id), link.farewell == nil else { return }
        send(.connect(member), to: id)
        changeLink(id) { [now] in $0.farewell = (.elsewhere, now + Director.farewellTimeout) }
    }

    // MARK: PING

    mutating func setPingTimer(_ id: Link.ID) {
        changeLink(id) { [now] link in
            let interval =
                link.isSynced || !link.isHandshaked
                ? Director.pingInterval : Director.pingIntervalUnsynced
            link.idle = (.ping, RepeatingTimer(every: interval, from: now))
        }
    }

    mutating func ping(_ id: Link.ID) {
        guard let index = linkIndex(id), !links[index].isPinging else { return }
        links[index].idle = (.pingTimeout, RepeatingTimer(every: settings.pingIdleTimeout, from: now))
        links[index].pongTimer = RepeatingTimer(every: settings.pingMaxTimeout, from: now)
        links[index].isPinging = true
        links[index].pingSentAt = now
        send(.ping(time: now.seconds), to: id)
    }

    mutating func setLinkSynced(_ id: Link.ID, _ isSynced: Bool) {
        guard let index = linkIndex(id), links[index].isSynced != isSynced else { return }
        links[index].isSynced = isSynced
        if !links[index].isPinging { setPingTimer(id) }
    }
}
