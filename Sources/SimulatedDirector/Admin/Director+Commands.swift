internal import AdminProbe
internal import DirectorControl

/// The commands of the admin socket.
extension Director {
    /// What becomes of a command.
    enum Outcome: Equatable {
        case reply([UInt8])
        /// `OK` as soon as the ring is synced.
        case okWhenSynced
        /// `OK` as soon as that reset is done.
        case okAfterReset(Int)
        /// It was not understood: the connection ends without a word.
        case refused

        static func text(_ text: String) -> Outcome { .reply(Array("\(text)\n".utf8)) }
        static let ok = text("OK")
        static let notFound = text("NOTFOUND")
        static let tryAgain = text("TRYAGAIN")
    }

    static let mostVhosts: UInt64 = 1000
    static let busy = "host is already being updated - try again later"

    mutating func run(
        _ command: AdminCommand, _ arguments: [[UInt8]], _ version: ProtocolVersion
    ) -> Outcome {
        dropExpired()
        switch command {
        case .hostList: return .reply(Array(hostList(version).utf8))
        case .hostListRemoved: return .reply(Array(removedHostList().utf8))
        case .directorList: return .reply(Array(directorList(version).utf8))
        case .directorAdd: return addDirector(arguments)
        case .directorRemove: return removeDirector(arguments)
        case .hostSet: return setHost(arguments, isUpdate: false)
        case .hostUpdate: return setHost(arguments, isUpdate: true)
        case .hostUp: return setDown(arguments, false)
        case .hostDown: return setDown(arguments, true)
        case .hostRemove:
            return withHost(arguments) { director, host in
                director.removeHost(host, from: director.own, origin: nil)
            }
        case .hostFlush: return flush(arguments)
        case .hostResetUsers: return resetUsers(arguments, version)
        case .userLookup: return lookUp(arguments)
        case .userList: return listUsers(arguments)
        case .userMove: return move(arguments)
        case .userKick:
            guard let name = arguments.first else { return .refused }
            let text = String(decoding: TabEscaping.escape(name), as: UTF8.self)
            kick("USER-KICK", text, from: own, origin: nil)
            return .ok
        case .userKickAlt:
            guard arguments.count >= 2 else { return .refused }
            let text = arguments.prefix(2).map {
                String(decoding: TabEscaping.escape($0), as: UTF8.self)
            }
            kick("USER-KICK-ALT", text.joined(separator: "\t"), from: own, origin: nil)
            return .ok
        }
    }

    // MARK: Arguments

    private func address(_ argument: [UInt8]?) -> IPAddress? {
        guard let argument, let parsed = HostAddress(parsing: argument) else { return nil }
        return IPAddress(parsed.text)
    }

    private func number(_ argument: [UInt8]) -> UInt64? {
        argument.span.unsigned(upTo: UInt64(UInt32.max))
    }

    private func port(_ argument: [UInt8]) -> UInt16? {
        guard let number = argument.span.unsigned(upTo: UInt64(UInt16.max)), number > 0 else { return nil }
        return UInt16(number)
    }

    /// A user's hash, by name or as a number.
    private func userHash(_ argument: [UInt8]) -> UInt32? {
        if let number = number(argument) { return UInt32(number) }
        return try? hashFormat.hash(of: argument.span)
    }

    private mutating func withHost(
        _ arguments: [[UInt8]], _ body: (inout Director, MailHost) -> Void
    ) -> Outcome {
        guard let address = address(arguments.first) else { return .refused }
        guard let host = hosts.first(address) else { return .notFound }
        body(&self, host)
        return .okWhenSynced
    }

    // MARK: Members

    private mutating func addDirector(_ arguments: [[UInt8]]) -> Outcome {
        guard let address = address(arguments.first) else { return .refused }
        var port = own.port
        if arguments.count > 1 {
            guard let given = self.port(arguments[1]) else { return .refused }
            port = given
        }
        let member = Member(address: address, port: port)
        if peerIndex(member) == nil {
            ensurePeer(member)
            tellAdded(member, from: own)
        }
        return .ok
    }

    private mutating func removeDirector(_ arguments: [[UInt8]]) -> Outcome {
        guard let address = address(arguments.first) else { return .refused }
        var peer: Peer?
        if arguments.count > 1 {
            guard let port = self.port(arguments[1]) else { return .refused }
            peer = peerIndex(Member(address: address, port: port)).map { peers[$0] }
        } else {
            peer = peers.first { $0.member.address == address }
        }
        guard let peer else { return .notFound }
        removeMember(peer.member, from: own)
        return .okWhenSynced
    }

    // MARK: Backends

    private mutating func setHost(_ arguments: [[UInt8]], isUpdate: Bool) -> Outcome {
        var name = arguments.first ?? []
        var tag = ""
        if let at = name.firstIndex(of: UInt8(ascii: "@")) {
            tag = String(decoding: name[(at + 1)...], as: UTF8.self)
            name = Array(name[..<at])
        }
        guard let address = address(name), !isUpdate || arguments.count > 1 else { return .refused }
        var vhosts: UInt64?
        if arguments.count > 1 {
            guard let given = number(arguments[1]) else { return .refused }
            // The largest number stands for none.
            if given != UInt64(UInt32.max) { vhosts = given }
        }
        if let vhosts, vhosts > Director.mostVhosts { return .text("vhost count too large") }
        let id: Int32
        if let host = hosts.first(address) {
            if !tag.isEmpty, hosts.tagName(host) != tag { return .text("host tag can't be changed") }
            if host.isDesynced { return .text(Director.busy) }
            id = host.id
        } else {
            if isUpdate { return .notFound }
            id = hosts.add(address, tag: tag)
            while users.count < hosts.tags.count { users.append(UserTable()) }
        }
        if let vhosts { hosts.change(id) { $0.vhosts = UInt32(vhosts) } }
        hostChanged(id, from: own, origin: nil)
        return .okWhenSynced
    }

    private mutating func setDown(_ arguments: [[UInt8]], _ isDown: Bool) -> Outcome {
        guard let address = address(arguments.first) else { return .refused }
        guard let host = hosts.first(address) else { return .notFound }
        if host.isDown == isDown { return .ok }
        if host.isDesynced { return .text(Director.busy) }
        hosts.change(host.id) { [now] in
            $0.isDown = isDown
            $0.lastChange = now.seconds
        }
        hostChanged(host.id, from: own, origin: nil)
        return .okWhenSynced
    }

    private mutating func flush(_ arguments: [[UInt8]]) -> Outcome {
        if arguments.first?.isEmpty ?? true {
            for host in hosts.rows { flushHost(host, from: own, origin: nil) }
            return .ok
        }
        return withHost(arguments) { director, host in
            director.flushHost(host, from: director.own, origin: nil)
        }
    }

    private mutating func resetUsers(_ arguments: [[UInt8]], _ version: ProtocolVersion) -> Outcome {
        var maxMoving = settings.maxParallelMoves
        if arguments.count > 1 {
            guard let given = number(arguments[1]), given > 0 else { return .refused }
            maxMoving = Int(given)
        }
        // Before 2.2.26 all were moved at once.
        if version < .v2_2_33 { maxMoving = .max }
        var ids = hosts.rows.map(\.id)
        if let name = arguments.first, !name.isEmpty {
            guard let address = address(name) else { return .refused }
            guard let host = hosts.first(address) else { return .notFound }
            ids = [host.id]
        }
        let id = beginReset(hosts: ids, maxMoving: maxMoving)
        continueResets()
        return .okAfterReset(id)
    }

    // MARK: Users

    private mutating func lookUp(_ arguments: [[UInt8]]) -> Outcome {
        let name = arguments.first ?? []
        let tag = arguments.count > 1 ? String(decoding: arguments[1], as: UTF8.self) : ""
        guard let hash = userHash(name) else { return .tryAgain }
        let user = hosts.tags.firstIndex(of: tag).flatMap { lookUpUser(hash, tag: $0) }
        let current = user.flatMap { hosts.host($0.host)?.text } ?? ""
        let expires = user.map { Int64($0.timestamp) + settings.userExpire } ?? 0
        let hashed = hashIndex.host(for: hash, tag: tag, in: hosts).flatMap { hosts.host($0)?.text }
        let configured = configuredIndex.host(for: hash, tag: tag, in: configuredHosts)
            .flatMap { configuredHosts.host($0)?.text }
        return .text("\(current)\t\(expires)\t\(hashed ?? "")\t\(configured ?? "")")
    }

    private func listUsers(_ arguments: [[UInt8]]) -> Outcome {
        guard let name = arguments.first, !name.isEmpty else { return .reply(userList(nil)) }
        guard let address = address(name) else { return .refused }
        return .reply(userList(address))
    }

    private mutating func move(_ arguments: [[UInt8]]) -> Outcome {
        guard arguments.count > 1, let address = address(arguments[1]) else { return .refused }
        guard let host = hosts.first(address) else { return .notFound }
        guard let hash = userHash(arguments[0]) else { return .tryAgain }
        let user = lookUpUser(hash, tag: host.tag)
        if moves[UserKey(tag: host.tag, hash: hash)] != nil { return .tryAgain }
        if let user, user.host == host.id {
            users[host.tag].refresh(hash, timestamp: seconds)
            tellUser(hash, tag: host.tag, from: own)
        } else {
            moveUser(hash, to: host, from: own, origin: nil)
        }
        return .ok
    }
}
