/// What `--help` and a wrong command line print.
enum Help {
    /// Doveadm's usage of its director commands.
    static var usage: String {
        var text =
            "usage: \(Program.name) [-Dv] [-f <formatter>] director <command> [<args>]\n"
        var isRingShown = false
        for command in Command.all where command.isDoveadms {
            if command.name.hasPrefix("ring ") {
                if !isRingShown { text += "  \(padded("ring", to: 12)) add|remove|status\n" }
                isRingShown = true
            } else {
                text += "  \(padded(command.name, to: 12)) \(command.usage)\n"
            }
        }
        return text
    }

    /// The whole program.
    static var text: String {
        var text = """
            \(Program.name) - asks and changes Dovecot directors, as 'doveadm director' does, and more

            usage: \(Program.name) [OPTIONS] [director] COMMAND [ARGUMENTS]

            The commands of 'doveadm director', with its options, output and exit codes:


            """
        for command in Command.all where command.isDoveadms { text += line(command) }
        text += "\nAnd beyond them:\n\n"
        for command in Command.all where !command.isDoveadms { text += line(command) }
        text += """

            Options, before the command:

              -f FORM           how rows are printed: \(Formatters.names.joined(separator: ", "))
              -h                no titles (table and tab)
              -v                tell of successes, too
              -D                the time before each message; implies -v
              -o KEY=VALUE      settings of Dovecot: director_username_hash, base_dir
              --username-hash F what of a name is hashed: director_username_hash (%Lu)
              --timeout TIME    how long every answer may take: 500ms, 30s, 2m
                                (5s for the greeting, 30s for lists, 90s for changes, none for flush)
              --dry-run         say what would be changed, and what is there now, and change nothing
              --version         print the version
              --help            this, or behind a command: its own

            Each command takes -a SOCKET, the director-admin socket, or HOST:PORT
            (/run/dovecot/director-admin).

            Exit codes: 0 done, 64 misuse, 68 not found, 75 failure, 76 no such protocol,
            89 an option before the command is wrong.

            """
        return text
    }

    /// One command.
    static func text(of command: Command) -> String {
        var text = "usage: \(Program.name) [OPTIONS] \(command.name) \(command.usage)\n\n\(command.summary)\n"
        if !command.details.isEmpty { text += "\n\(command.details)\n" }
        text += "\nOptions:\n"
        for option in command.options {
            let short = option.short.map { "-\($0), " } ?? ""
            text += "  \(short)--\(option.name)\(option.takesValue ? " VALUE" : "")\n"
        }
        return text + "\nOptions before the command: see \(Program.name) --help\n"
    }

    private static func line(_ command: Command) -> String {
        "  \(padded(command.name, to: 12)) \(command.summary)\n"
    }

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.utf8.count))
    }
}
