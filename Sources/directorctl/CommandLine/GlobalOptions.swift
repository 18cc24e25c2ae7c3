internal import AdminProbe
internal import DirectorControl

/// What stands before the command.
struct GlobalOptions {
    var isVerbose = false
    var isDebugging = false
    var hidesTitles = false
    /// The first `-f`.
    var formatter: String?
    var hashFormat = UserHashFormat()
    var baseDirectory = "/run/dovecot"
    var deadlines = Deadlines()
    var isDryRun = false
    var showsHelp = false
    var showsVersion = false

    static let definitions = [
        OptionDefinition("debug", short: "D", takesValue: false),
        OptionDefinition("formatter", short: "f"),
        OptionDefinition("hide-titles", short: "h", takesValue: false),
        OptionDefinition("verbose", short: "v", takesValue: false),
        OptionDefinition("option", short: "o"),
        OptionDefinition("username-hash"),
        OptionDefinition("timeout"),
        OptionDefinition("dry-run", takesValue: false),
        OptionDefinition("help", takesValue: false),
        OptionDefinition("version", takesValue: false),
    ]

    /// Takes one option.
    ///
    /// - Throws: for a value that can't be used; the message is whole.
    mutating func apply(_ name: String, _ value: [UInt8]) throws(Stop) {
        switch name {
        case "debug":
            isDebugging = true
            isVerbose = true
        case "formatter":
            let chosen = String(decoding: value, as: UTF8.self)
            guard formatter == nil else { break }
            guard Formatters.names.contains(chosen) else {
                throw .fatal("\(Program.name): Fatal: Unknown print formatter: \(chosen)")
            }
            formatter = chosen
        case "hide-titles": hidesTitles = true
        case "verbose": isVerbose = true
        case "option": try applySetting(value)
        case "username-hash": hashFormat = UserHashFormat(value)
        case "timeout":
            let text = String(decoding: value, as: UTF8.self)
            guard let timeout = TimeSpan.parse(text) else {
                throw .fatal(
                    "\(Program.name): --timeout: '\(text)' is no time: give seconds, or like 500ms, 30s, 2m",
                    status: ExitStatus.usage)
            }
            deadlines = Deadlines(all: timeout)
        case "dry-run": isDryRun = true
        case "help": showsHelp = true
        case "version": showsVersion = true
        default: break
        }
    }

    /// `-o key=value`: those settings of Dovecot that matter here. Others are ignored, since a
    /// script that has them may have them for other commands.
    private mutating func applySetting(_ text: [UInt8]) throws(Stop) {
        guard let equals = text.firstIndex(of: UInt8(ascii: "=")) else {
            throw .fatal(
                "Fatal: Error reading configuration: Invalid -o parameter "
                    + "\(String(decoding: text, as: UTF8.self)): Missing '='")
        }
        let value = Array(text[(equals + 1)...])
        switch String(decoding: text[..<equals], as: UTF8.self) {
        case "director_username_hash": hashFormat = UserHashFormat(value)
        case "base_dir": baseDirectory = String(decoding: value, as: UTF8.self)
        default: break
        }
    }
}
