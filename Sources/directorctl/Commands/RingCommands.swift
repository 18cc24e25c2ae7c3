internal import AdminProbe
internal import DirectorControl

/// `ring status`, `ring add`, `ring remove`.
enum RingCommands {
    static let status = Command(
        name: "ring status",
        usage: "[-a <director socket path>]",
        summary: "Show the ring's members and this director's connections to them.",
        details: """
            'ring synced' is said on both sides of a split ring: see 'ring verify'.
            """,
        run: showStatus)

    static let add = Command(
        name: "ring add",
        usage: "[-a <director socket path>] <ip> [<port>]",
        summary: "Tell the ring of a new member.",
        details: """
            Without a port the director's own is taken. A member that is still being removed isn't
            added: wait for the ring to sync, or for half a minute.
            """,
        positionals: ["ip", "port"],
        run: { (invocation) throws(Stop) in
            try changeMember(invocation) { .addDirector(address: $0, port: $1) }
        })

    static let remove = Command(
        name: "ring remove",
        usage: "[-a <director socket path>] <ip> [<port>]",
        summary: "Make the ring forget a member.",
        details: """
            Without a port the member with the lowest is taken. Stop the director that is removed:
            while it runs it believes in the old ring, and asks to come back.
            """,
        positionals: ["ip", "port"],
        run: { (invocation) throws(Stop) in
            try changeMember(invocation) { .removeDirector(address: $0, port: $1) }
        })

    private static let columns = [
        Column("director ip"), Column("port"), Column("type"), Column("last failed"),
        Column("status"), Column("ping ms"), Column("input"), Column("output"), Column("buffered"),
        Column("buffered peak"), Column("last read"), Column("last write"),
    ]
    private static let times: Set = [3, 10, 11]

    private static func showStatus(_ invocation: Invocation) throws(Stop) {
        let dialogue = try invocation.connect()
        let rows = invocation.rows(columns)
        try invocation.list(.directorList, dialogue) { (line) throws(Stop) in
            let fields = ListFields(line)
            // A connection whose director isn't known yet has neither address nor type: eight
            // fields that belong into the columns from the status on.
            let isAnonymous = fields.count == 8
            for column in columns.indices {
                let index = isAnonymous ? column - 4 : column
                guard index >= 0, index < fields.count else {
                    try rows.print("-")
                    continue
                }
                if times.contains(column), let epoch = fields[index].span.signed() {
                    try rows.print(epoch == 0 ? "never" : LocalTime.text(epoch))
                } else {
                    try rows.print(fields[index].span)
                }
            }
        }
    }

    private static func changeMember(
        _ invocation: Invocation, _ change: (String, UInt16?) -> Change
    ) throws(Stop) {
        let changer = try Changer(invocation)
        guard let ip = invocation.arguments["ip"], let address = HostAddress(parsing: ip) else {
            throw .usage
        }
        var port: UInt16?
        if let text = invocation.arguments["port"] {
            guard let number = text.span.unsigned(upTo: UInt64(UInt16.max)), number > 0 else {
                throw .usage
            }
            port = UInt16(number)
        }
        let change = change(address.text, port)
        switch try changer.perform(change) {
        case nil, .performed(.ok)?: return
        case .disconnected?: changer.reportDisconnection()
        case .performed(.notFound)?:
            invocation.fail("Not found", status: ExitStatus.notFound)
        case .performed(let reply)?:
            invocation.fail(Array("Failed: ".utf8) + reply.text)
            if reply == .ringSyncTimedOut { changer.explainTimeOut(of: change) }
        }
        try changer.finish()
    }
}
