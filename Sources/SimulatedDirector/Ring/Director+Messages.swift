internal import AdminProbe

/// What a director does with what it hears.
extension Director {
    static let wrongConnectDelay: Duration = .seconds(1)

    /// Takes what has come on a link.
    mutating func receive(_ messages: [(message: RingMessage, length: Int)], on id: Link.ID) {
        guard let index = linkIndex(id) else { return }
        for (_, length) in messages { links[index].bytesRead += UInt64(length) }
        // One that is about to be closed is only drained.
        if links[index].farewell != nil { return }
        links[index].lastInput = now
        isFrozen = true
        for (message, _) in messages {
            guard linkIndex(id) != nil else { break }
            if !handle(message, on: id) {
                reconnectAfterEnding(id, reason: "Invalid input: \(message.text)")
                break
            }
        }
        isFrozen = false
        if isSyncPending {
            isSyncPending = false
            isCorked = true
            desync()
        }
        uncork()
        restartIdle(id)
        flushState()
    }

    /// - Returns: false where the link has to end.
    private mutating func handle(_ message: RingMessage, on id: Link.ID) -> Bool {
        guard let link = link(id) else { return true }
        switch message {
        case .version:
            changeLink(id) { $0.isVersionReceived = true }
            finishHandshake(id)
            return true
        case .me(let member, _): return introduced(id, as: member)
        case .hostsBegin(let isComplete):
            hostsBegin(id, isComplete: isComplete)
            return true
        case .handshakeHost(let update):
            hostUpdated(update, origin: nil, on: id)
            return true
        case .hostsEnd:
            changeLink(id) { $0.ignoresHosts = false }
            return true
        case .handshakeUser(let hash, let host, let timestamp):
            changeLink(id) { $0.usersReceived &+= 1 }
            return userTold(hash, host, timestamp, isHandshake: true, from: link.member)
        case .options: return true
        case .done: return link.isHandshaked || handshakeDone(id)
        case .ping:
            send(.pong(time: now.seconds), to: id)
            return true
        case .pong:
            pongReceived(id)
            return true
        case .quit: return false
        case .connect(let member):
            connectRequested(member, on: id)
            return true
        default: break
        }
        // What follows is of the ring, and comes from somebody who has said who he is.
        guard let source = link.member else { return false }
        switch message {
        case .director(let member): memberSeen(member, on: id)
        case .directorRemove(let member):
            if let index = peerIndex(member), !peers[index].isRemoved {
                removeMember(member, from: source)
            }
        case .user(let hash, let host, let timestamp):
            _ = userTold(hash, host, timestamp, isHandshake: false, from: source)
        case .host(let origin, let update):
            if let origin = unseen(origin) { hostUpdated(update, origin: origin.known, on: id) }
        case .hostRemove(let origin, let address):
            if let origin = unseen(origin), let host = hosts.first(address) {
                removeHost(host, from: source, origin: origin.known)
            }
        case .hostFlush(let origin, let address):
            if let origin = unseen(origin), let host = hosts.first(address) {
                flushHost(host, from: source, origin: origin.known)
            }
        case .userMove(let origin, let hash, let address):
            if let origin = unseen(origin), let host = hosts.first(address) {
                moveUser(hash, to: host, from: source, origin: origin.known)
            }
        case .kick(let origin, let command, let argument):
            if let origin = unseen(origin) {
                kick(command, argument, from: source, origin: origin.known)
            }
        case .userKilled(let hash): userKilled(hash)
        case .userKilledEverywhere(let origin, let hash):
            if let origin = unseen(origin) {
                userKilledEverywhere(hash, from: source, origin: origin.known)
            }
        case .sync(let sync): syncReceived(sync)
        default: break
        }
        return true
    }

    /// Nil where it was seen before. Where its member is gone, it goes on as one of our own.
    private mutating func unseen(_ origin: RingMessage.Origin) -> Unseen? {
        guard let index = peerIndex(origin.member), !peers[index].isRemoved else {
            return Unseen(known: nil)
        }
        let last = origin.member == own ? ownSequence : peers[index].lastSequence
        if origin.sequence <= last { return nil }
        // Its own, from before a restart.
        if origin.member == own { ownSequence = origin.sequence }
        peers[index].lastSequence = origin.sequence
        return Unseen(known: origin)
    }

    private struct Unseen {
        let known: RingMessage.Origin?
    }

    private mutating func pongReceived(_ id: Link.ID) {
        guard let index = linkIndex(id), links[index].isPinging else { return }
        links[index].isPinging = false
        links[index].pongTimer = nil
        links[index].pingMilliseconds = max(0, now.milliseconds(since: links[index].pingSentAt))
        if links[index].isVerified {
            links[index].isVerified = false
            if id == left, let leftMember {
                // The left one lives: who is not for this place has to go there.
                for other in links where other.isIncoming && other.id != left && other.isMeReceived {
                    guard other.farewell == nil, let member = other.member,
                        compareToOwn(leftMember, member) < 0
                    else { continue }
                    sendElsewhere(other.id, to: leftMember)
                }
            }
        }
        setPingTimer(id)
    }

    /// A CONNECT: the other side says that there is a better neighbour.
    private mutating func connectRequested(_ member: Member, on id: Link.ID) {
        let peer = ensurePeer(member)
        let isWorse = rightMember.map { compareToOwn(member, $0) <= 0 } ?? false
        if isWorse || peers[peer].isRemoved {
            changeLink(id) { [now] in
                if $0.farewell == nil { $0.farewell = (.wrongConnect, now + Director.wrongConnectDelay) }
            }
            return
        }
        peers[peer].lastNetworkFailure = 0
        if let right {
            if right != id {
                endLink(right, reason: "CONNECT requested")
            } else {
                changeLink(id) { [now] in if $0.farewell == nil { $0.farewell = (.connectRequested, now) } }
            }
        }
        dial(member)
    }

    private mutating func hostsBegin(_ id: Link.ID, isComplete: Bool) {
        if isComplete, !isHandshaked {
            // It joins a ring, whose backends count.
            for host in hosts.rows { removeHost(host, from: nil, origin: nil) }
        } else if !isComplete, isHandshaked {
            changeLink(id) { $0.ignoresHosts = true }
        }
    }

    // MARK: Backends

    mutating func sendHost(_ host: MailHost, from source: Member, origin known: RingMessage.Origin?) {
        tellAll(.host(origin(known), update(of: host)), from: source)
    }

    /// A backend was changed here or elsewhere.
    mutating func hostChanged(_ id: Int32, from source: Member, origin: RingMessage.Origin?) {
        guard let host = hosts.host(id) else { return }
        hasStateChanged = true
        sendHost(host, from: source, origin: origin)
        if left != nil || right != nil { hosts.change(id) { $0.isDesynced = true } }
        desync()
    }

    mutating func removeHost(_ host: MailHost, from source: Member?, origin known: RingMessage.Origin?) {
        if let source { tellAll(.hostRemove(origin(known), host.address), from: source) }
        forgetUsers(of: host)
        hosts.remove(id: host.id)
        desync()
    }

    mutating func flushHost(_ host: MailHost, from source: Member, origin known: RingMessage.Origin?) {
        tellAll(.hostFlush(origin(known), host.address), from: source)
        forgetUsers(of: host)
        desync()
    }

    private mutating func hostUpdated(
        _ update: RingMessage.HostUpdate, origin: RingMessage.Origin?, on id: Link.ID
    ) {
        guard let link = link(id), let member = link.member, !link.ignoresHosts else { return }
        var source = member
        var origin = origin
        var update = update
        guard let known = hosts.first(update.address) else {
            let new = hosts.add(update.address, tag: update.tag, vhosts: update.vhosts)
            while users.count < hosts.tags.count { users.append(UserTable()) }
            hosts.change(new) {
                if update.isDown {
                    $0.isDown = true
                    $0.lastChange = update.lastChange
                }
            }
            hostChanged(new, from: source, origin: origin)
            return
        }
        let isOtherTag = hosts.tagName(known) != update.tag
        guard known.vhosts != update.vhosts || known.isDown != update.isDown || isOtherTag else {
            return
        }
        if known.isDesynced {
            // Two changes met: the younger state and the lower number win, and all are told anew.
            if known.isDown != update.isDown, known.lastChange > update.lastChange {
                update.isDown = known.isDown
            }
            update.vhosts = min(update.vhosts, known.vhosts)
            origin = nil
            source = own
        }
        if isOtherTag {
            forgetUsers(of: known)
            let tag = hosts.tagIndex(update.tag)
            while users.count < hosts.tags.count { users.append(UserTable()) }
            hosts.change(known.id) { $0.tag = tag }
        }
        hosts.change(known.id) {
            if $0.isDown != update.isDown {
                $0.isDown = update.isDown
                $0.lastChange = max(update.lastChange, known.lastChange)
            }
            $0.vhosts = update.vhosts
        }
        hostChanged(known.id, from: source, origin: origin)
    }
}
