internal import Console
package import SimulatedDirector

/// What the command line asks for.
package enum SimulatorInvocation: Sendable {
    case showHelp
    case showVersion
    case run(SimulatorOptions)
    /// One order for a simulator that runs in a directory.
    case control(directory: String, order: String)
}

package struct SimulatorOptions: Sendable {
    /// Where the sockets are.
    package var directory = ""
    package var settings = RingSettings()
    /// A file to read.
    package var scenario: String?
    /// A recording to play.
    package var recording: String?
    package var speed = 1.0
    /// Whether a recording begins anew when it is over.
    package var loops = false
}

/// Reads command lines.
package enum SimulatorFlags {
    /// A command line that isn't understood.
    package struct UsageError: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// - Parameter arguments: without the program's name.
    package static func parse(_ arguments: [String]) throws(UsageError) -> SimulatorInvocation {
        func fail(_ text: String) -> UsageError { UsageError(description: text) }
        if arguments.first == "ctl" {
            if arguments.dropFirst().contains(where: { $0 == "--help" || $0 == "-h" }) { return .showHelp }
            guard arguments.count >= 3 else {
                throw fail("ctl needs the simulator's directory and an order: ctl DIR status")
            }
            return .control(
                directory: arguments[1], order: arguments.dropFirst(2).joined(separator: " "))
        }
        var options = SimulatorOptions()
        var seen: Set<String> = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "-h", "--help": return .showHelp
            case "--version": return .showVersion
            default: break
            }
            guard argument.hasPrefix("--"), argument != "--" else {
                guard options.directory.isEmpty else {
                    throw fail("'\(argument)' is too much: there is one directory, '\(options.directory)'")
                }
                guard !argument.isEmpty, !argument.hasPrefix("-") else {
                    throw fail("'\(argument)' is neither a flag nor a directory: see --help")
                }
                options.directory = argument
                continue
            }
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0].dropFirst(2))
            let setting = RingSettings.definitions.first { $0.name == name }
            guard setting != nil || ["scenario", "play", "speed", "loop"].contains(name) else {
                throw fail("unknown flag --\(name): see --help for those there are")
            }
            guard setting?.isRepeatable == true || seen.insert(name).inserted else {
                throw fail("--\(name) is given twice: leave one out")
            }
            var value = ""
            if name == "loop" || setting != nil && setting?.value == nil {
                guard parts.count == 1 else { throw fail("--\(name) takes no value: leave it out") }
            } else if parts.count == 2 {
                value = String(parts[1])
            } else if let next = rest.popFirst() {
                value = next
            } else {
                throw fail("--\(name) needs a value: see --help")
            }
            switch name {
            case "scenario": options.scenario = value
            case "play": options.recording = value
            case "loop": options.loops = true
            case "speed":
                guard let speed = Double(value), speed > 0, speed <= 1000 else {
                    throw fail("--speed can't be '\(value)': give a number like 2 or 0.5")
                }
                options.speed = speed
            default:
                do {
                    try options.settings.set(name, value)
                } catch {
                    throw fail("--\(name) \(error)")
                }
            }
        }
        guard !options.directory.isEmpty else {
            throw fail("a directory for the sockets is missing: director-simulator DIR")
        }
        if options.recording != nil {
            guard options.scenario == nil, seen.isSubset(of: ["play", "speed", "loop"]) else {
                throw fail("a recording is played as it is: --play goes with --speed and --loop alone")
            }
        } else if options.loops || options.speed != 1 {
            throw fail("--speed and --loop are for --play")
        }
        return .run(options)
    }

    package static var help: String {
        var text = """
            usage: director-simulator [FLAG …] DIR
                   director-simulator ctl DIR ORDER …

            Simulates a ring of Dovecot directors: the director-admin socket of each member, at
            DIR/NUMBER/director-admin, with members, backends and users behind it that behave as
            real ones do. Needs neither Dovecot nor root. One line on standard output for each
            member: its number, address and socket. Ctrl-C ends it and removes the sockets.

            Flags (--name value or --name=value):


            """
        for definition in RingSettings.definitions {
            text += flag(
                definition.name, definition.value,
                definition.help + (definition.defaultText.map { " Default: \($0)" } ?? ""))
        }
        text += flag("scenario", "FILE", "What the ring is made of, and what happens to it when: lines like "
            + "'members 3', 'at 10s split 1 | 2,3' and 'at 2m heal'. '#' begins a comment.")
        text += flag("play", "FILE", "Play a recording (directorctl record) as if it happened now.")
        text += flag("speed", "X", "Play it so many times as fast. Default: 1")
        text += flag("loop", nil, "Begin it anew when it is over; else its last answers stay.")
        text += flag("version", nil, "Print the version and exit.")
        text += flag("help", nil, "Print this help and exit.")
        text += "\nOrders, for ctl and in scenarios (A, B, C: numbers of members joined by commas, like 1,3):\n\n"
        text += table(Order.usage)
        text += "\nFaults: fault KIND [KEY=VALUE …]\n\n" + table(Order.faultUsage) + "\n"
        text += table(Order.faultKeys)
        text += """

            Exit codes: 0 clean stop; 1 it could not start, or ctl's order failed; 64 misuse.

            Try it:
              director-simulator --users 600 /tmp/ring &
              dovecot-director-exporter --director.socket /tmp/ring/1/director-admin &
              director-simulator ctl /tmp/ring split '1 | 2,3'
              directorctl ring status -a /tmp/ring/1/director-admin
              director-simulator ctl /tmp/ring heal

            """
        return text
    }

    private static func flag(_ name: String, _ value: String?, _ help: String) -> String {
        "  --\(name)" + (value.map { " \($0)" } ?? "") + "\n" + HelpText.paragraph(help)
    }

    private static func table(_ rows: [(form: String, does: String)]) -> String {
        rows.map { form, does in
            "  " + form + String(repeating: " ", count: max(1, 26 - form.count)) + does + "\n"
        }.joined()
    }
}
