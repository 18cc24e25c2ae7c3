internal import AdminProbe

/// Users: where they are, and how they are moved.
extension Director {
    /// How long it takes to end the connections of a user through this director.
    static let kickTime: Duration = .milliseconds(1)

    private var nearExpiring: Int64 { max(3, min(30, settings.userExpire / 10)) }

    /// Forgets users that were not seen for long.
    mutating func dropExpired() {
        for tag in users.indices {
            while let user = users[tag].first,
                Int64(user.timestamp) + settings.userExpire <= now.seconds,
                moves[UserKey(tag: tag, hash: user.hash)] == nil
            {
                users[tag].remove(user.hash)
                hosts.countUser(user.host, -1)
            }
        }
    }

    /// When ``dropExpired()`` has something to do next.
    var nextExpiry: Moment? {
        var earliest: Int64?
        for tag in users.indices {
            guard let user = users[tag].first else { continue }
            let isMoving = moves[UserKey(tag: tag, hash: user.hash)] != nil
            let at = isMoving ? now.seconds + 60 : Int64(user.timestamp) + settings.userExpire
            earliest = min(earliest ?? at, max(at, now.seconds + 1))
        }
        return earliest.map { Moment(seconds: $0) }
    }

    mutating func lookUpUser(_ hash: UInt32, tag: Int) -> UserTable.User? {
        dropExpired()
        guard tag < users.count, let user = users[tag][hash] else { return nil }
        if Int64(user.timestamp) + settings.userExpire <= now.seconds,
            moves[UserKey(tag: tag, hash: hash)] == nil
        {
            users[tag].remove(hash)
            hosts.countUser(user.host, -1)
            return nil
        }
        return user
    }

    mutating func addUser(_ hash: UInt32, to host: MailHost, timestamp: UInt32) {
        users[host.tag].append(hash, host: host.id, timestamp: min(timestamp, seconds))
        hosts.countUser(host.id, 1)
    }

    /// Now, as users' times are kept.
    var seconds: UInt32 { UInt32(clamping: now.seconds) }

    mutating func forgetUsers(of host: MailHost) {
        guard host.tag < users.count else { return }
        for user in users[host.tag].inOrder() where user.host == host.id {
            users[host.tag].remove(user.hash)
            hosts.countUser(user.host, -1)
            let key = UserKey(tag: host.tag, hash: user.hash)
            if moves.removeValue(forKey: key) != nil { hasStateChanged = true }
        }
    }

    private mutating func putUser(_ user: UserTable.User, tag: Int, on host: MailHost, timestamp: UInt32) {
        if user.host != host.id {
            hosts.countUser(user.host, -1)
            hosts.countUser(host.id, 1)
        }
        users[tag].update(user.hash, host: host.id, timestamp: timestamp)
    }

    /// A login through this director.
    ///
    /// - Returns: false where it has to wait, or there is no backend.
    @discardableResult
    package mutating func login(_ hash: UInt32, tag: String) -> Bool {
        guard isHandshaked, let tagIndex = hosts.tags.firstIndex(of: tag) else { return false }
        if let user = lookUpUser(hash, tag: tagIndex) {
            if moves[UserKey(tag: tagIndex, hash: hash)] != nil { return false }
            let isNear = Int64(user.timestamp) + settings.userExpire - nearExpiring < now.seconds
            if isNear, !isSynced { return false }
            users[tagIndex].refresh(hash, timestamp: seconds)
        } else {
            guard isSynced, let id = hashIndex.host(for: hash, tag: tag, in: hosts),
                let host = hosts.host(id)
            else { return false }
            addUser(hash, to: host, timestamp: seconds)
        }
        tellUser(hash, tag: tagIndex, from: own)
        return true
    }

    mutating func tellUser(_ hash: UInt32, tag: Int, from source: Member) {
        guard let user = users[tag][hash], let host = hosts.host(user.host) else { return }
        tellAll(.user(hash: hash, host: host.address, timestamp: user.timestamp), from: source)
    }

    /// Another director has seen a user.
    ///
    /// - Returns: false where a handshake names a backend that isn't known.
    mutating func userTold(
        _ hash: UInt32, _ address: IPAddress, _ told: UInt32, isHandshake: Bool, from source: Member?
    ) -> Bool {
        guard let host = hosts.first(address) else { return !isHandshake }
        let timestamp = min(told, seconds)
        guard Int64(timestamp) + settings.userExpire > now.seconds else { return true }
        guard let user = lookUpUser(hash, tag: host.tag) else {
            addUser(hash, to: host, timestamp: timestamp)
            if !isHandshake { tellUser(hash, tag: host.tag, from: source ?? own) }
            return true
        }
        let key = UserKey(tag: host.tag, hash: hash)
        var target = host
        var isChanged = false
        var isForced = false
        let current = hosts.host(user.host)
        if user.host == host.id {
            // Nothing to settle.
        } else if Int64(user.timestamp) + settings.userExpire - nearExpiring < now.seconds {
            // About to be forgotten here, and perhaps forgotten there: the newer place counts. Of the
            // same age the lower address does, lest two messages follow each other around for ever.
            if let current, timestamp < user.timestamp
                || timestamp == user.timestamp && current.address < host.address
            {
                target = current
            } else {
                isChanged = true
            }
        } else if moves[key] != nil {
            if let current { target = current }
        } else {
            // The same user in two places: the lower address wins, and the others are ended.
            if let current, !(current.address > host.address) {
                target = current
            } else {
                isForced = true
            }
            kick("USER-KICK-HASH", "\(hash)\t\(target.text)", from: own, origin: nil)
            isChanged = true
        }
        if user.host != target.id { isChanged = true }
        let isYounger = timestamp > user.timestamp
        if isYounger, !isHandshake { users[host.tag].refresh(hash, timestamp: timestamp) }
        putUser(
            user, tag: host.tag, on: target, timestamp: isYounger ? timestamp : user.timestamp)
        if isChanged || isYounger, !isHandshake || isForced {
            tellUser(hash, tag: host.tag, from: isForced ? own : source ?? own)
        }
        return true
    }

    // MARK: Moving

    mutating func moveUser(
        _ hash: UInt32, to host: MailHost, from source: Member, origin known: RingMessage.Origin?
    ) {
        var oldHost: Int32?
        if let user = lookUpUser(hash, tag: host.tag) {
            oldHost = user.host
            putUser(user, tag: host.tag, on: host, timestamp: seconds)
        } else {
            addUser(hash, to: host, timestamp: seconds)
        }
        tellAll(.userMove(origin(known), hash: hash, host: host.address), from: source)
        killUser(
            UserKey(tag: host.tag, hash: hash), isOurs: source == own,
            hasConnections: oldHost.map { $0 != host.id } ?? false)
    }

    mutating func killUser(_ key: UserKey, isOurs: Bool, hasConnections: Bool) {
        // One that is being moved already goes on where he is.
        guard moves[key] == nil else { return }
        nextMove += 1
        moves[key] = Move(number: nextMove, isOurs: isOurs)
        schedule(key, .over, after: Director.moveTimeout)
        if hasConnections {
            schedule(key, .kicked, after: Director.kickTime)
        } else {
            finishKill(key, isOurs: isOurs)
        }
    }

    private mutating func schedule(_ key: UserKey, _ step: UserTimer.Step, after span: Duration) {
        guard let move = moves[key] else { return }
        actions.append(.schedule(now + span, UserTimer(key: key, move: move.number, step: step)))
    }

    /// A step of a move is due.
    mutating func fire(_ timer: UserTimer) {
        guard let move = moves[timer.key], move.number == timer.move else { return }
        switch timer.step {
        case .kicked:
            if move.state == .killing || move.state == .notifyReceived {
                finishKill(timer.key, isOurs: move.isOurs)
            }
        case .over:
            moves[timer.key] = nil
            hasStateChanged = true
        }
        flushState()
    }

    private mutating func finishKill(_ key: UserKey, isOurs: Bool) {
        guard let move = moves[key] else { return }
        if right == nil {
            delayMove(key)
        } else if isOurs || move.state == .notifyReceived {
            if let right { send(.userKilled(hash: key.hash), to: right) }
            moves[key]?.state = .waitingForEveryone
        } else {
            moves[key]?.state = .waitingForNotify
        }
    }

    /// All have ended his connections: what is left is to let the backend come to rest.
    private mutating func delayMove(_ key: UserKey) {
        guard let move = moves[key] else { return }
        nextMove += 1
        var delayed = Move(number: nextMove, isOurs: move.isOurs)
        delayed.state = .delay
        moves[key] = delayed
        schedule(key, .over, after: settings.kickDelay)
    }

    private func moves(of hash: UInt32) -> [UserKey] {
        users.indices.map { UserKey(tag: $0, hash: hash) }.filter { moves[$0] != nil }
    }

    /// The left neighbour has ended the connections of a user.
    mutating func userKilled(_ hash: UInt32) {
        for key in moves(of: hash) {
            switch moves[key]?.state {
            case .killing: moves[key]?.state = .notifyReceived
            case .waitingForNotify: finishKill(key, isOurs: true)
            case .notifyReceived, nil: break
            case .delay: tellAll(.userKilledEverywhere(origin(nil), hash: hash), from: own)
            case .waitingForEveryone: userKilledEverywhere(hash, from: own, origin: nil)
            }
        }
    }

    mutating func userKilledEverywhere(
        _ hash: UInt32, from source: Member, origin known: RingMessage.Origin?
    ) {
        for key in moves(of: hash) where moves[key]?.state == .waitingForEveryone {
            delayMove(key)
            tellAll(.userKilledEverywhere(origin(known), hash: hash), from: source)
        }
    }

    mutating func kick(
        _ command: String, _ argument: String, from source: Member, origin known: RingMessage.Origin?
    ) {
        tellAll(.kick(origin(known), command: command, argument: argument), from: source)
    }

    // MARK: HOST-RESET-USERS

    /// - Returns: the number to wait for.
    mutating func beginReset(hosts: [Int32], maxMoving: Int) -> Int {
        nextReset += 1
        resets.append(Reset(id: nextReset, maxMoving: maxMoving, hosts: hosts.reversed()))
        return nextReset
    }

    /// Goes on with resets as far as it may.
    mutating func continueResets() {
        while var reset = resets.popLast() {
            let isDone = run(&reset)
            guard isDone else {
                resets.append(reset)
                return
            }
            finishedResets.append(reset.id)
        }
    }

    /// - Returns: false where more users would be on the move than may be.
    private mutating func run(_ reset: inout Reset) -> Bool {
        while let id = reset.hosts.last {
            guard let host = hosts.host(id) else {
                reset.hosts.removeLast()
                reset.users = nil
                continue
            }
            if moves.count >= reset.maxMoving { return false }
            if reset.users == nil {
                reset.users = users[host.tag].inOrder().filter { $0.host == id }
                    .map { UserKey(tag: host.tag, hash: $0.hash) }.reversed()
                reset.hasKilled = false
            }
            while let key = reset.users?.popLast() {
                guard users[key.tag][key.hash]?.host == id else { continue }
                let target = hashIndex.host(for: key.hash, tag: hosts.tagName(host), in: hosts)
                if target == id { continue }
                if let target, let host = hosts.host(target) {
                    moveUser(key.hash, to: host, from: own, origin: nil)
                } else {
                    killUser(key, isOurs: true, hasConnections: true)
                    reset.hasKilled = true
                }
                if moves.count >= reset.maxMoving, reset.users?.isEmpty == false { return false }
            }
            // Nobody can take them: they are forgotten.
            if reset.hasKilled { flushHost(host, from: own, origin: nil) }
            reset.users = nil
            reset.hosts.removeLast()
        }
        return true
    }
}
