internal import AdminProbe
internal import Console
internal import Logging

/// The flags, in one table: what they are called, what they take, what they mean and how they are
/// read. `--help` is made of it.
struct Flag: Sendable {
    let name: String
    /// What stands for the value in `--help`; nil for a switch.
    let value: String?
    let help: String
    let defaultText: String?
    var isRepeatable = false
    /// Whether the switch can be turned off by `no-` before its name; then "no" is read.
    var isNegatable = false
    /// Reads a value into the options. False for one that is malformed or out of range.
    let apply: @Sendable (String, inout Options) -> Bool
    /// What a value has to look like.
    var expectation = ""
}

extension Flag {
    private static let shortestInterval = Duration.milliseconds(100)
    private static let longestDuration = Duration.seconds(86_400)

    static let all: [Flag] = [
        Flag(
            name: "director.socket", value: "PATH",
            help: "The director-admin socket to ask.",
            defaultText: Options().socket,
            apply: { text, options in
                options.socket = text
                return text.hasPrefix("/") && text.utf8.count <= 107
            }, expectation: "an absolute path of at most 107 bytes"),
        Flag(
            name: "director.poll-interval", value: "DURATION",
            help: "How often the director is asked; 100ms or more.", defaultText: "1s",
            apply: { text, options in
                guard let interval = PrometheusDuration.parse(text),
                    interval >= shortestInterval, interval <= longestDuration
                else { return false }
                options.pollInterval = interval
                return true
            }, expectation: "a duration from 100ms to 1d, like 500ms, 1s or 2m"),
        Flag(
            name: "director.timeout", value: "DURATION",
            help: "How long one whole poll may take.", defaultText: "3s",
            apply: { text, options in
                guard let timeout = PrometheusDuration.parse(text),
                    timeout > .zero, timeout <= longestDuration
                else { return false }
                options.timeout = timeout
                return true
            }, expectation: "a duration up to 1d, like 500ms, 3s or 1m"),
        Flag(
            name: "director.expect", value: "IP[:PORT]",
            help: "A member that should be in the ring; repeat it for each one. "
                + "IPv6 with a port in brackets.",
            defaultText: nil, isRepeatable: true,
            apply: { text, options in
                guard let member = Member(text) else { return false }
                if !options.expected.contains(member) { options.expected.append(member) }
                return true
            }, expectation: "IP or IP:PORT, like 192.0.2.1, 192.0.2.1:9090 or [2001:db8::1]:9090"),
        Flag(
            name: "director.link-probe", value: nil,
            help: "Ask the kernel about the TCP connections of the ring's links, which sees a dead "
                + "network before the director does. Nothing is sent to anybody. "
                + "Off with --no-director.link-probe.", defaultText: "on", isNegatable: true,
            apply: { text, options in
                options.probesLinks = text != "no"
                return true
            }),
        Flag(
            name: "web.listen-address", value: "ADDRESS",
            help: "Where to serve HTTP; may be repeated. "
                + ":PORT, HOST:PORT, [IPv6]:PORT or unix:/path.",
            defaultText: ":10027", isRepeatable: true,
            apply: { text, options in
                guard let address = ListenAddress(text) else { return false }
                options.listenAddresses.append(address)
                return true
            }, expectation: ":PORT, HOST:PORT, [IPv6]:PORT or unix:/path"),
        Flag(
            name: "web.systemd-socket", value: nil,
            help: "Serve the sockets that the service manager passes (socket activation) instead of "
                + "--web.listen-address.", defaultText: nil,
            apply: { _, options in
                options.usesActivatedSockets = true
                return true
            }),
        Flag(
            name: "web.config.file", value: "PATH",
            help: "TLS, users and headers, in the form that all Prometheus exporters share; read "
                + "again on SIGHUP and POST /-/reload. Empty for none.", defaultText: nil,
            apply: { text, options in
                options.webConfigurationFile = text.isEmpty ? nil : text
                return !text.utf8.contains(0)
            }, expectation: "the path of a file"),
        Flag(
            name: "web.telemetry-path", value: "PATH",
            help: "Where the metrics are.", defaultText: Options().telemetryPath,
            apply: { text, options in
                options.telemetryPath = text
                return text.hasPrefix("/") && !text.hasPrefix("/-/")
                    && !["/sd", "/api/v1/ring", "/page.js"].contains(text)
                    && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
                    && !text.contains("?") && !text.contains("#")
            }, expectation: "a path that no other page has, like /metrics"),
        Flag(
            name: "web.max-requests", value: "N",
            help: "How many answers may be made at a time; 0 for no limit.", defaultText: "40",
            apply: { text, options in
                guard let number = UInt16(text), text.allSatisfy({ $0.isNumber }) else {
                    return false
                }
                options.maximumRequests = Int(number)
                return true
            }, expectation: "a number from 0 to 65535"),
        Flag(
            name: "log.level", value: "LEVEL",
            help: "What is logged: debug, info, warn or error.", defaultText: "info",
            apply: { text, options in
                switch text {
                case "debug": options.logLevel = .debug
                case "info": options.logLevel = .info
                case "warn": options.logLevel = .warning
                case "error": options.logLevel = .error
                default: return false
                }
                return true
            }, expectation: "debug, info, warn or error"),
        Flag(
            name: "log.format", value: "FORMAT",
            help: "How it is logged: auto, logfmt, json or journald.", defaultText: "auto",
            apply: { text, options in
                guard let format = Options.LogFormat(rawValue: text) else { return false }
                options.logFormat = format
                return true
            }, expectation: "auto, logfmt, json or journald"),
        Flag(
            name: "state.directory", value: "PATH",
            help: "Where the last logged view is kept, so that a change made while the exporter "
                + "is down is logged when it starts. Empty for nowhere.",
            defaultText: "$STATE_DIRECTORY",
            apply: { text, options in
                options.stateDirectory = text.isEmpty ? nil : text
                return text.isEmpty || text.hasPrefix("/")
            }, expectation: "an absolute path"),
        Flag(
            name: "config.check", value: nil,
            help: "Check the flags and the files that they name, say what is wrong, and exit: 0 if "
                + "all is well, else 1. Nothing is opened to the network.",
            defaultText: nil,
            apply: { _, options in
                options.checksConfiguration = true
                return true
            }),
        Flag(
            name: "once", value: nil,
            help: "Poll once, print the metrics, and exit: 0 if the director is up, else 1.",
            defaultText: nil,
            apply: { _, options in
                options.pollsOnce = true
                return true
            }),
    ]
}

/// Reads command lines: `--name value` or `--name=value`.
package enum CommandLineFlags {
    /// - Parameters:
    ///   - arguments: without the program's name.
    ///   - stateDirectory: the service manager's `$STATE_DIRECTORY`: paths separated by colons.
    static func parse(_ arguments: [String], stateDirectory: String? = nil) throws(UsageError)
        -> Invocation
    {
        var options = Options()
        options.stateDirectory = stateDirectory.flatMap { paths in
            paths.split(separator: ":").first.map(String.init)
        }
        let defaultListenAddresses = options.listenAddresses
        options.listenAddresses = []
        var seen: Set<String> = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "-h", "--help": return .showHelp
            case "--version": return .showVersion
            default: break
            }
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard argument.hasPrefix("--"), argument != "--" else {
                throw UsageError(
                    description: "unexpected argument '\(argument)': flags begin with --, see --help")
            }
            let name = String(parts[0].dropFirst(2))
            let isNegated = name.hasPrefix("no-")
            guard
                let flag = Flag.all.first(where: {
                    $0.name == name || $0.isNegatable && isNegated && "no-" + $0.name == name
                })
            else {
                throw UsageError(description: "unknown flag --\(name): see --help for those there are")
            }
            guard flag.isRepeatable || seen.insert(flag.name).inserted else {
                throw UsageError(description: "--\(name) is given twice: leave one out")
            }
            var value = flag.name == name ? "" : "no"
            if flag.value == nil {
                guard parts.count == 1 else {
                    throw UsageError(description: "--\(name) takes no value: leave it out")
                }
            } else if parts.count == 2 {
                value = String(parts[1])
            } else if let next = rest.popFirst() {
                value = next
            } else {
                throw UsageError(
                    description: "--\(name) needs a value: \(flag.expectation)")
            }
            guard flag.apply(value, &options) else {
                throw UsageError(
                    description: "--\(name) can't be '\(value)': give \(flag.expectation)")
            }
        }
        if options.listenAddresses.isEmpty { options.listenAddresses = defaultListenAddresses }
        return .run(options)
    }

    /// What is wrong with a command line; nil where it can be followed.
    package static func complaint(about arguments: [String]) -> String? {
        do throws(UsageError) {
            _ = try parse(arguments)
            return nil
        } catch {
            return error.description
        }
    }

    /// The text of `--help`.
    static var help: String {
        var text = """
            usage: dovecot-director-exporter [FLAG …]

            Watches a Dovecot Director and its ring: asks the director-admin socket all the time,
            serves what it says as Prometheus metrics, and logs every change of the ring to the
            journal. Run one beside each director. It can't change the ring.

            Flags (--name value or --name=value):

            """
        for flag in Flag.all {
            text += "  --\(flag.name)" + (flag.value.map { " \($0)" } ?? "") + "\n"
            text += HelpText.paragraph(flag.help + (flag.defaultText.map { " Default: \($0)" } ?? ""))
        }
        text += "  --version\n" + HelpText.paragraph("Print the version and exit.")
        text += "  -h, --help\n" + HelpText.paragraph("Print this help and exit.")
        text += """

            Pages: / (for people), \(Options().telemetryPath), /sd (Prometheus HTTP service discovery
            of the ring), /api/v1/ring (the ring as JSON), /-/healthy, /-/ready; PUT or POST
            /-/reload.
            Signals: SIGTERM and SIGINT stop it, SIGHUP reads --web.config.file again.
            Exit codes: 0 clean stop, 1 it could not start, 64 a wrong flag or value.

            Example, beside a director on a machine with Dovecot's defaults:
              dovecot-director-exporter --director.expect 192.0.2.1 --director.expect 192.0.2.2

            """
        return text
    }
}
