internal import DirectorControl

/// `dump`: commands that make another ring's backends like these.
enum DumpCommand {
    static let command = Command(
        name: "dump",
        usage: "[-a <director socket path>]",
        summary: "Print the commands that would restore the backends.",
        details: """
            The states up and down are not among them. The server looks for backends that are
            configured and were removed, for which it looks up names: don't ask every second.
            """,
        run: run)

    private static func run(_ invocation: Invocation) throws(Stop) {
        let dialogue = try invocation.connect()
        let rows = invocation.rows(
            [Column("command"), Column("socket-path"), Column("host"), Column("vhost_count")],
            form: "formatted")
        let socket = Array(invocation.endpoint.name.utf8)
        (rows as? FormattedFormatter)?.format =
            [.text("\(Program.name) director "), .value("command")]
            + (invocation.arguments.has("socket-path")
                ? [.text(" -a "), .value("socket-path")] : [])
            + [.text(" "), .value("host"), .text(" "), .value("vhost_count"), .text("\n")]
        _ = try invocation.rowsOf(.hostList, dialogue) { (line) throws(Stop) in
            let fields = ListFields(line)
            guard fields.count >= 2 else { return }
            var host = fields[0]
            if fields.count > 3, !fields[3].isEmpty { host += [UInt8(ascii: "@")] + fields[3] }
            try rows.print("add")
            try rows.print(socket.span)
            try rows.print(host.span)
            try rows.print(fields[1].span)
        }
        try invocation.list(.removedHosts, dialogue) { (line) throws(Stop) in
            try rows.print("remove")
            try rows.print(socket.span)
            try rows.print(line)
            try rows.print("")
        }
    }
}
