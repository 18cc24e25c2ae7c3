internal import AdminProbe
internal import DirectorControl

/// `status`: the backends, or where one user is.
enum StatusCommand {
    static let command = Command(
        name: "status",
        usage: "[-a <director socket path>] [<user>] [<tag>]",
        summary: "Show the backends, or where a user is and would be.",
        details: """
            With a user, by name or hash: where he is now and until when, where his hash leads
            to, and where it led to by the configuration alone.
            """,
        positionals: ["user", "tag"],
        run: run)

    private static func run(_ invocation: Invocation) throws(Stop) {
        let user = invocation.arguments["user"]
        let tag = invocation.arguments["tag"] ?? []
        if let user { try UserName.check(user, tag) }
        let dialogue = try invocation.connect()
        if let user {
            try showUser(user, tag, dialogue, invocation)
        } else {
            try showBackends(dialogue, invocation)
        }
    }

    private static func showBackends(
        _ dialogue: AdminDialogue, _ invocation: Invocation
    ) throws(Stop) {
        let rows = invocation.rows([
            Column("mail server ip"), Column("tag"), Column("vhosts"), Column("state"),
            Column("state changed", key: "state-changed"), Column("users"),
        ])
        try invocation.list(.hostList, dialogue) { (line) throws(Stop) in
            let fields = ListFields(line)
            guard fields.count >= 6 else { return }
            try rows.print(fields[0].span)
            try rows.print(fields[3].span)
            try rows.print(fields[1].span)
            try rows.print(fields[4].first == UInt8(ascii: "D") ? "down" : "up")
            if let changed = fields[5].span.signed(), changed > 0 {
                try rows.print(LocalTime.text(changed))
            } else {
                try rows.print("-")
            }
            try rows.print(fields[2].span)
        }
    }

    private static func showUser(
        _ user: [UInt8], _ tag: [UInt8], _ dialogue: AdminDialogue, _ invocation: Invocation
    ) throws(Stop) {
        let line: [UInt8]?
        do throws(DialogueFault) {
            line = try dialogue.line(.userLookup(name: user, tag: tag))
        } catch .readFailed(let target, let size, let code) {
            let fault = DialogueFault.readFailed(target: target, size: size, code: code)
            return invocation.fail(fault.message)
        } catch {
            throw error.stop
        }
        guard let line else { return invocation.reportDisconnection() }
        let fields = ListFields(line.span)
        guard fields.count == 4, let expires = fields[1].span.signed() else {
            return invocation.fail("Invalid reply from director", status: ExitStatus.protocol)
        }
        let rows = invocation.rows(
            [
                Column("status"), Column("expires"), Column("hashed"), Column("initial-config"),
            ], form: "formatted")
        (rows as? FormattedFormatter)?.format = [
            .text("Current: "), .value("status"), .text(" (expires "), .value("expires"),
            .text(")\nHashed: "), .value("hashed"), .text("\nInitial config: "),
            .value("initial-config"), .text("\n"),
        ]
        if fields[0].isEmpty {
            try rows.print("n/a")
            try rows.print("-1")
        } else {
            try rows.print(fields[0].span)
            try rows.print(LocalTime.text(expires))
        }
        try rows.print(fields[2].span)
        try rows.print(fields[3].span)
    }
}
