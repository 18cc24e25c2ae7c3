internal import DirectorControl

/// `move` and `kick`.
enum UserCommands {
    static let move = Command(
        name: "move",
        usage: "[-a <director socket path>] <user> <host>",
        summary: "Move a user to a backend.",
        details: """
            The user is named, also where his name is a number. Of a host with several addresses
            the first is taken.
            """,
        positionals: ["user", "host"],
        run: move)

    static let kick = Command(
        name: "kick",
        usage: "[-a <director socket path>] [-f <passdb field>] <user>",
        summary: "End a user's connections.",
        details: """
            Names are compared whole and case-sensitively. Success doesn't say that anybody was
            connected.
            """,
        options: [Command.socketOption, OptionDefinition("passdb-field", short: "f")],
        positionals: ["user"],
        run: kick)

    private static func move(_ invocation: Invocation) throws(Stop) {
        let changer = try Changer(invocation)
        guard let user = invocation.arguments["user"], let host = invocation.arguments["host"] else {
            throw .usage
        }
        guard let hash = invocation.hash(of: user.span),
            let address = invocation.addresses(of: host)?.first
        else { return }
        switch try changer.perform(.moveUser(hash: hash, address: address.text)) {
        case nil: return
        case .disconnected?: changer.reportDisconnection()
        case .performed(.ok)?: invocation.report("User hash \(hash) moved to \(address.text)")
        case .performed(.notFound)?:
            invocation.fail("Host '\(address.text)' doesn't exist", status: ExitStatus.notFound)
        case .performed(.tryAgain)?:
            invocation.fail("User is already being moved, wait a while for it to be finished")
        case .performed(let reply)?: invocation.fail(Array("failed: ".utf8) + reply.text)
        }
        try changer.finish()
    }

    private static func kick(_ invocation: Invocation) throws(Stop) {
        let changer = try Changer(invocation)
        guard let user = invocation.arguments["user"] else { throw .usage }
        let change: Change =
            invocation.arguments["passdb-field"].map { .kickByField(name: $0, value: user) }
            ?? .kickUser(name: user)
        switch try changer.perform(change) {
        case nil: return
        case .disconnected?: changer.reportDisconnection()
        case .performed(.ok)?:
            invocation.report(Array("User ".utf8) + user + Array(" kicked".utf8))
        case .performed(let reply)?: invocation.fail(Array("failed: ".utf8) + reply.text)
        }
        try changer.finish()
    }
}
