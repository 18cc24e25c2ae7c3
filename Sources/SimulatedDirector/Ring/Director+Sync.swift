internal import AdminProbe

/// Whether the ring agrees.
extension Director {
    static let mostSyncRepeats = 4
    /// A SYNC with a lower number is believed all the same when it is that much younger; seconds.
    static let staleSync: Int64 = 120

    mutating func setHandshaked() {
        isHandshaked = true
        setSynced()
    }

    mutating func setSynced() {
        reconnect = nil
        if rightMember != preferredRight {
            reconnect = (.preferred, RepeatingTimer(every: Director.reconnectInterval, from: now))
        }
        if let left { setLinkSynced(left, true) }
        if let right { setLinkSynced(right, true) }
        syncTimer = nil
        isSynced = true
        lastSyncTime = now.seconds
        purgeRemoved()
        hosts.settle()
        hasStateChanged = true
    }

    mutating func setUnsynced() {
        if isSynced {
            isSynced = false
            lastSyncTime = now.seconds
        }
        syncTimer = RepeatingTimer(every: Director.syncInterval, from: now)
    }

    /// Something was changed that all have to know: synced again when the SYNC comes back.
    mutating func desync() {
        syncSequence &+= 1
        if left == nil, right == nil { return }
        setUnsynced()
        if isFrozen {
            isSyncPending = true
            return
        }
        guard let right else { return }
        if let left { setLinkSynced(left, false) }
        setLinkSynced(right, false)
        sendOwnSync()
    }

    mutating func sendOwnSync() {
        ringChangesAtSync = ringChanges
        syncStart = now
        sendSync(
            RingMessage.Sync(
                member: own, sequence: syncSequence, timestamp: now.seconds,
                hostsDigest: hosts.digest()))
    }

    func isOwn(_ member: Member) -> Bool { member == own }

    mutating func sendSync(_ sync: RingMessage.Sync) {
        guard let right else { return }
        send(.sync(sync), to: right)
        // To know soon if either neighbour hangs.
        if let left { ping(left) }
        ping(right)
    }

    /// Sends its SYNC again where it may have been lost.
    mutating func resendSync() {
        if isSynced { return }
        guard right != nil else {
            if reconnect == nil, !hasOutgoingLinks { connectToRight() }
            return
        }
        guard left != nil else { return }
        changePeer(own) { [now] in $0.lastSyncTimestamp = now.seconds }
        sendOwnSync()
        if syncTimer != nil {
            syncTimer = RepeatingTimer(every: Director.syncInterval, from: now)
        }
    }

    mutating func syncReceived(_ sync: RingMessage.Sync) {
        let peer = peerIndex(sync.member)
        if peer != nil {
            let isHandled = isOwn(sync.member) ? ownSyncReturned(sync) : forward(sync)
            if !isHandled { return }
        }
        let lastOwn = peerIndex(own).map { peers[$0].lastSyncTimestamp } ?? 0
        if peer == nil || !isOwn(sync.member), ringChangesAtSync != ringChanges,
            lastOwn != now.seconds
        {
            resendSync()
        }
    }

    private mutating func ownSyncReturned(_ sync: RingMessage.Sync) -> Bool {
        guard syncSequence == sync.sequence, left != nil, right != nil else { return false }
        guard sync.hostsDigest == hosts.digest() else {
            resendSync()
            return false
        }
        if !isHandshaked {
            setHandshaked()
        } else if !isSynced {
            lastSyncMilliseconds = max(0, now.milliseconds(since: syncStart))
            setSynced()
        }
        return true
    }

    private mutating func forward(_ sync: RingMessage.Sync) -> Bool {
        guard let index = peerIndex(sync.member) else { return false }
        let known = peers[index]
        if sync.sequence < known.lastSyncSequence,
            sync.timestamp < known.lastSyncTimestamp + Director.staleSync
        {
            return false
        }
        if sync.sequence != known.lastSyncSequence || sync.timestamp > known.lastSyncTimestamp {
            peers[index].lastSyncSequence = sync.sequence
            peers[index].lastSyncTimestamp = sync.timestamp
            peers[index].lastSyncCount = 1
        } else {
            peers[index].lastSyncCount += 1
            if peers[index].lastSyncCount > Director.mostSyncRepeats { return false }
        }
        guard sync.hostsDigest == hosts.digest() else {
            if known.differingDigest != sync.hostsDigest {
                peers[index].differingDigest = sync.hostsDigest
            } else {
                for host in hosts.rows { sendHost(host, from: own, origin: nil) }
            }
            return false
        }
        peers[index].differingDigest = 0
        if right != nil {
            sendSync(sync)
        } else {
            peers[index].delayedSync = sync
        }
        return true
    }

    // MARK: Members that come and go

    mutating func tellAdded(_ member: Member, from source: Member) {
        ringChanges += 1
        tellAll(.director(member), from: source)
    }

    mutating func purgeRemoved() {
        purgeTimer = nil
        peers.removeAll { $0.isRemoved }
    }

    mutating func removeMember(_ member: Member, from source: Member) {
        if member == own, source != own { return }
        if member != own {
            changePeer(member) { $0.isRemoved = true }
            if purgeTimer == nil {
                purgeTimer = RepeatingTimer(every: Director.purgeInterval, from: now)
            }
        }
        tellAll(.directorRemove(member), from: source)
        if member != own {
            for link in links where link.member == member {
                endLink(link.id, reason: "Removing from ring")
            }
        }
        if right == nil { connectToRight() }
        desync()
    }

    /// A DIRECTOR: the member is there, or there again.
    mutating func memberSeen(_ member: Member, on id: Link.ID) {
        guard let link = link(id), let source = link.member else { return }
        if let index = peerIndex(member) {
            if member == own || peers[index].isRemoved { return }
            if link.isHandshaked { peers[index].lastNetworkFailure = 0 }
            peers[index].restarted()
        } else {
            ensurePeer(member)
        }
        // Told to all until it comes back, but not for a member that should be linked here and
        // isn't: it could go around for ever.
        if let rightMember, compareToOwn(member, rightMember) > 0 { return }
        tellAdded(member, from: source)
    }
}
