internal import BuildInformation
internal import Glibc

/// The program: reads the command line and runs the command.
@main
enum Program {
    static let name = "directorctl"

    static func main() {
        // A reader that goes away ends the output, not the program in the middle of a change.
        signal(SIGPIPE, SIG_IGN)
        let words = CommandLine.unsafeArgv
        var arguments: [[UInt8]] = []
        for index in 0..<Int(CommandLine.argc) {
            if let pointer = words[index] {
                arguments.append(
                    Array(UnsafeRawBufferPointer(start: pointer, count: strlen(pointer))))
            }
        }
        exit(run(Array(arguments.dropFirst())))
    }

    /// Runs a command line, without the program's name.
    private static func run(_ arguments: [[UInt8]]) -> Int32 {
        var options = GlobalOptions()
        var parsed = OptionParser.Result()
        do throws(OptionParser.Invalid) {
            parsed = try OptionParser.parse(
                [Array(name.utf8)] + arguments, GlobalOptions.definitions, stopsAtPositional: true)
        } catch {
            // What is wrong with an option that stands before the unknown one comes first.
            guard let status = refusal(of: error.understood, &options) else {
                error.report()
                return ExitStatus.globalOption
            }
            return status
        }
        if let status = refusal(of: parsed, &options) { return status }
        let output = OutputStream()
        if options.showsVersion {
            output.write(BuildInfo.line(of: name) + "\n")
            output.flush()
            return 0
        }
        guard let (command, words) = CommandFinder.find(parsed.positionals) else {
            guard options.showsHelp else {
                Messages.writeRaw(Help.usage)
                return ExitStatus.usage
            }
            output.write(Help.text)
            output.flush()
            return 0
        }
        return run(command, words, options, output)
    }

    /// Takes the global options; what the program ends with where one can't be used, told.
    private static func refusal(
        of parsed: OptionParser.Result, _ options: inout GlobalOptions
    ) -> Int32? {
        do throws(Stop) {
            for (option, value) in parsed.options { try options.apply(option, value) }
            return nil
        } catch {
            guard case .fatal(let message, let status) = error else { return ExitStatus.usage }
            Messages.writeRaw("\(message)\n")
            return status
        }
    }

    /// - Parameter words: the command's last word and its arguments.
    private static func run(
        _ command: Command, _ words: [[UInt8]], _ options: GlobalOptions, _ output: OutputStream
    ) -> Int32 {
        var options = options
        let parsed: OptionParser.Result
        do throws(OptionParser.Invalid) {
            parsed = try OptionParser.parse(
                words, command.optionsAndPositionals, extensions: ["help", "dry-run"])
        } catch {
            error.report()
            return ExitStatus.usage
        }
        options.showsHelp = options.showsHelp || parsed.options.contains { $0.name == "help" }
        options.isDryRun = options.isDryRun || parsed.options.contains { $0.name == "dry-run" }
        if options.showsHelp {
            output.write(Help.text(of: command))
            output.flush()
            return 0
        }
        let messages = Messages(isDebugging: options.isDebugging)
        var surplus: [[UInt8]] = []
        guard
            let arguments = Arguments(
                parsed, positionals: command.positionals,
                repeatedPositional: command.repeatedPositional, surplus: &surplus)
        else {
            messages.write(
                .error,
                Array("Extraneous arguments found: ".utf8) + surplus.joined(separator: [0x20]))
            if options.formatter != nil {
                Invocation(options: options, arguments: Arguments.none, output: output, messages: messages)
                    .finish()
            }
            return ExitStatus.usage
        }
        let invocation = Invocation(
            options: options, arguments: arguments, output: output, messages: messages)
        do throws(Stop) {
            try command.run(invocation)
        } catch {
            switch error {
            case .usage:
                Messages.writeRaw("\(name) director \(command.name) \(command.usage)\n")
                return ExitStatus.usage
            case .fatal(let message, let status):
                messages.write(.fatal, message)
                return status
            }
        }
        invocation.finish()
        if let code = output.failure, code != EPIPE {
            messages.write(.fatal, "write(standard output) failed: \(String(cString: strerror(code)))")
            return ExitStatus.temporaryFailure
        }
        return invocation.exitStatus
    }
}
