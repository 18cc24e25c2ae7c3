/// A command: its words, its arguments, and what it does.
struct Command: Sendable {
    /// Without the program's name: `ring add`.
    let name: String
    /// Its arguments, as doveadm's usage shows them.
    let usage: String
    /// One sentence for `--help`.
    let summary: String
    /// What `--help` says beyond that.
    var details = ""
    var options: [OptionDefinition] = [Command.socketOption]
    /// The names of its arguments, in order.
    var positionals: [String] = []
    /// The name of arguments of which there may be any number.
    var repeatedPositional: String?
    /// Whether doveadm has it, too.
    var isDoveadms = true
    let run: @Sendable (Invocation) throws(Stop) -> Void

    static let socketOption = OptionDefinition("socket-path", short: "a")

    /// Its arguments may be named as well: `--host HOST`.
    var optionsAndPositionals: [OptionDefinition] {
        options + positionals.map { OptionDefinition($0) }
    }

    /// In the order of doveadm's usage, the other ones behind them.
    static let all: [Command] = [
        HostCommands.add, HostCommands.down, DumpCommand.command, FlushCommand.command,
        UserCommands.kick, MapCommand.command, UserCommands.move, HostCommands.remove,
        RingCommands.add, RingCommands.remove, RingCommands.status, StatusCommand.command,
        HostCommands.up, HostCommands.update,
        VerifyCommand.command, WatchCommand.command, RecordCommand.command,
        CompletionCommand.command,
    ]
}
