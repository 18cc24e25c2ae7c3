internal import AdminProbe
internal import DirectorControl

/// `flush`: empties backends, or all of them.
enum FlushCommand {
    static let command = Command(
        name: "flush",
        usage: "[-a <director socket path>] [-F] [--max-parallel <n>] <host>|all",
        summary: "Move users to where their hash says now, or forget where they are.",
        details: """
            Without -F users are moved one by one, at most so many at a time as --max-parallel says
            (the server's own limit unless told), and kicked where they were. -F forgets at once
            where they are, and kicks nobody: a user can be on two backends afterwards.
            The reply comes when all is done, which is waited for without a limit; on a terminal a
            line shows how far it is.
            """,
        options: [
            Command.socketOption, OptionDefinition("force-flush", short: "F", takesValue: false),
            OptionDefinition("max-parallel"),
        ],
        positionals: ["host"],
        run: run)

    private static func run(_ invocation: Invocation) throws(Stop) {
        let changer = try Changer(invocation)
        guard let host = invocation.arguments["host"] else { throw .usage }
        let maximum = invocation.arguments["max-parallel"].flatMap { $0.span.signed() }
            .flatMap { $0 > 0 ? $0 : nil }
        let isForced = invocation.arguments.has("force-flush")
        if host.elementsEqual("all".utf8) {
            return try flushAll(
                isForced ? .flushHost(address: nil) : .resetUsers(address: nil, maxParallel: maximum),
                changer, invocation)
        }
        guard let addresses = invocation.addresses(of: host) else { return }
        for address in addresses {
            let change: Change =
                isForced
                ? .flushHost(address: address.text)
                : .resetUsers(address: address.text, maxParallel: maximum)
            switch try changer.perform(change) {
            case nil: continue
            case .disconnected?: changer.reportDisconnection()
            case .performed(.ok)?: invocation.report("\(address.text): flushed")
            case .performed(.notFound)?:
                invocation.messages.write(.warning, "\(address.text): doesn't exist")
                invocation.noteMissing()
            case .performed(let reply)?:
                invocation.messages.write(.warning, Array("\(address.text): ".utf8) + reply.text)
                invocation.noteFailure()
                if reply == .ringSyncTimedOut { changer.explainTimeOut(of: change) }
            }
        }
        try changer.finish()
    }

    private static func flushAll(
        _ change: Change, _ changer: Changer, _ invocation: Invocation
    ) throws(Stop) {
        switch try changer.perform(change) {
        case nil: return
        case .disconnected?: changer.reportDisconnection()
        case .performed(.ok)?: invocation.report("flushed")
        case .performed(let reply)?:
            invocation.fail(Array("failed: ".utf8) + reply.text)
            if reply == .ringSyncTimedOut { changer.explainTimeOut(of: change) }
        }
        try changer.finish()
    }
}
