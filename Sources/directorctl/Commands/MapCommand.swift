internal import AdminProbe
internal import DirectorControl
internal import Glibc

/// `map`: which users are where, and what hash a user has.
enum MapCommand {
    static let command = Command(
        name: "map",
        usage: "[-a <director socket path>] [-f <users file>] [-h | -u] [<host>]",
        summary: "Show which users are where; a user's hash; the users of a hash.",
        details: """
            The director knows hashes alone. Names come from a file with one per line (-f FILE, - is
            standard input), or from Dovecot's user database (the socket auth-userdb beside the
            admin socket).
            With -u the argument is a user, and his hash is printed, without a director; with -h it
            is a hash, and its users are printed.
            The server answers this one all at once, whatever its size: with many users it delays
            logins meanwhile.
            """,
        options: [
            Command.socketOption, OptionDefinition("users-file", short: "f"),
            OptionDefinition("hash-map", short: "h", takesValue: false),
            OptionDefinition("user-map", short: "u", takesValue: false),
        ],
        positionals: ["host"],
        run: run)

    private static func run(_ invocation: Invocation) throws(Stop) {
        let arguments = invocation.arguments
        let dialogue = arguments.has("user-map") ? nil : try invocation.connect()
        let host = arguments["host"]
        guard host != nil || !(arguments.has("user-map") || arguments.has("hash-map")) else {
            throw .usage
        }
        guard let dialogue else {
            return try showHash(of: host ?? [], invocation)
        }
        var addresses: [HostAddress] = []
        if let host, !arguments.has("hash-map") {
            guard let found = invocation.addresses(of: host) else { return }
            addresses = found
        }
        let users = readUsers(invocation)
        if arguments.has("hash-map") {
            try showUsers(of: host ?? [], users, invocation)
        } else {
            try showMap(addresses, users, dialogue, invocation)
        }
    }

    private static func showHash(of user: [UInt8], _ invocation: Invocation) throws(Stop) {
        guard let hash = invocation.hash(of: user.span) else { return }
        try invocation.rows([Column("hash", hidesTitle: true)]).print("\(hash)")
    }

    private static func showUsers(
        of text: [UInt8], _ users: UserTable, _ invocation: Invocation
    ) throws(Stop) {
        guard let hash = text.span.unsigned(upTo: UInt64(UInt32.max)) else {
            throw .fatal("Invalid username hash: \(String(decoding: text, as: UTF8.self))")
        }
        let rows = invocation.rows([Column("user", hidesTitle: true)])
        var stop: Stop?
        _ = users.forEachName(of: UInt32(hash)) { name in
            do throws(Stop) { try rows.print(name) } catch { stop = error }
        }
        if let stop { throw stop }
    }

    private static func readUsers(_ invocation: Invocation) -> UserTable {
        var users = UserTable()
        let progress = CountProgress("users read")
        defer { progress.finish() }
        func add(_ name: Span<UInt8>) {
            if let hash = invocation.hash(of: name) { users.add(name, hash: hash) }
            progress.count()
        }
        if let file = invocation.arguments["users-file"] {
            UsersFile.forEachName(path: file.elementsEqual("-".utf8) ? nil : file, add)
        } else {
            do throws(UserDatabase.Failure) {
                try UserDatabase.forEachName(path: userDatabasePath(invocation), add)
            } catch {
                invocation.messages.write(.error, error.reason)
                invocation.fail("user listing failed")
            }
        }
        return users
    }

    /// Beside the admin socket: both are in Dovecot's base directory.
    private static func userDatabasePath(_ invocation: Invocation) -> String {
        let socket = invocation.endpoint.name
        guard let slash = socket.lastIndex(of: "/") else {
            return invocation.options.baseDirectory + "/auth-userdb"
        }
        return socket[..<slash] + "/auth-userdb"
    }

    private static func showMap(
        _ addresses: [HostAddress], _ users: UserTable, _ dialogue: AdminDialogue,
        _ invocation: Invocation
    ) throws(Stop) {
        let rows = invocation.rows([
            Column("user", expands: true), Column("hash"), Column("mail server ip"),
            Column("expire time"),
        ])
        var times = TimeTexts()
        let progress = CountProgress("rows")
        defer { progress.finish() }
        let question = Question.userList(backend: addresses.count == 1 ? addresses[0].text : nil)
        try invocation.list(question, dialogue) { (line) throws(Stop) in
            progress.count()
            guard let row = UserRow(line, isAddressWanted: !addresses.isEmpty) else {
                invocation.fail(
                    Array("Invalid USER-LIST reply: ".utf8)
                        + line.withUnsafeBufferPointer { Array($0) },
                    status: ExitStatus.protocol)
                return
            }
            if let address = row.address, !addresses.contains(address) { return }
            let time = times.text(row.expires)
            var stop: Stop?
            func show(_ name: Span<UInt8>) {
                guard stop == nil else { return }
                do throws(Stop) {
                    try rows.print(name)
                    try rows.print(line.extracting(row.hashRange))
                    try rows.print(line.extracting(row.addressRange))
                    try rows.print(time.span)
                } catch {
                    stop = error
                }
            }
            if !users.forEachName(of: row.hash, show) { show(Array("<unknown>".utf8).span) }
            if let stop { throw stop }
        }
    }
}

/// A row of USER-LIST.
private struct UserRow {
    let hash: UInt32
    let expires: Int64
    /// Nil where it isn't wanted.
    let address: HostAddress?
    let hashRange: Range<Int>
    let addressRange: Range<Int>

    /// Nil for what is no such row.
    init?(_ line: Span<UInt8>, isAddressWanted: Bool) {
        let fields = LineFields(line)
        guard fields.count >= 3,
            let hash = line.extracting(fields.range(0)).unsigned(upTo: UInt64(UInt32.max)),
            let expires = line.extracting(fields.range(1)).signed()
        else { return nil }
        self.hash = UInt32(hash)
        self.expires = expires
        hashRange = fields.range(0)
        addressRange = fields.range(2)
        let text = line.extracting(addressRange)
        if !isAddressWanted, IPAddress(parsing: text) != nil {
            address = nil
        } else {
            guard let read = HostAddress(parsing: text.withUnsafeBufferPointer { Array($0) }) else {
                return nil
            }
            address = isAddressWanted ? read : nil
        }
    }
}

/// Times as text; most rows share theirs with the one before.
private struct TimeTexts {
    private var epoch: Int64?
    private var bytes: [UInt8] = []

    mutating func text(_ epoch: Int64) -> [UInt8] {
        if self.epoch != epoch {
            bytes = Array(LocalTime.text(epoch).utf8)
            self.epoch = epoch
        }
        return bytes
    }
}
