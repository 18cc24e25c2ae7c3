/// `completion`: what makes a shell complete the program's command lines.
enum CompletionCommand {
    static let command = Command(
        name: "completion",
        usage: "bash|zsh|fish",
        summary: "Print what makes a shell complete commands and options.",
        details: """
            bash: source <(directorctl completion bash), or write it into
            /usr/share/bash-completion/completions/directorctl
            zsh: write it into a file _directorctl in a directory of $fpath
            fish: write it into ~/.config/fish/completions/directorctl.fish
            """,
        options: [],
        positionals: ["shell"],
        isDoveadms: false,
        run: { (invocation) throws(Stop) in
            guard let shell = invocation.arguments.text("shell"),
                let script = CompletionScript.text(shell)
            else { throw .usage }
            invocation.output.write(script)
        })
}

/// The scripts, made of the commands' own tables.
enum CompletionScript {
    /// Nil for a shell that isn't known.
    static func text(_ shell: String) -> String? {
        switch shell {
        case "bash": bash
        case "zsh": zsh
        case "fish": fish
        default: nil
        }
    }

    private static var globals: [String] {
        GlobalOptions.definitions.flatMap { names(of: $0) }
    }

    private static func names(of option: OptionDefinition) -> [String] {
        (option.short.map { ["-\($0)"] } ?? []) + ["--\(option.name)"]
    }

    private static func options(of command: Command) -> [String] {
        (command.options.flatMap { names(of: $0) } + ["--help"])
    }

    private static var topics: [String] {
        var topics: [String] = []
        for command in Command.all {
            let first = String(command.name.prefix { $0 != " " })
            if !topics.contains(first) { topics.append(first) }
        }
        return topics
    }

    private static var ringWords: [String] {
        Command.all.filter { $0.name.hasPrefix("ring ") }.map { String($0.name.dropFirst(5)) }
    }

    private static var bash: String {
        var cases = ""
        for command in Command.all where !options(of: command).isEmpty {
            cases += "    '\(command.name)') words='\(options(of: command).joined(separator: " "))' ;;\n"
        }
        return """
            # bash completion of \(Program.name)
            _\(Program.name)() {
              local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
              local command='' words='' word skip=''
              for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
                if [ -n "$skip" ]; then skip=''; continue; fi
                case $command in
                '') case $word in
                    -f | -o | --formatter | --option | --username-hash | --timeout) skip=1 ;;
                    -* | director) ;;
                    *) command=$word ;;
                    esac ;;
                ring) case $word in -*) ;; *) command="ring $word" ;; esac ;;
                esac
              done
              case $previous in
              -a | --socket-path | -f | --users-file)
                if [ -z "$command" ]; then
                  COMPREPLY=($(compgen -W '\(Formatters.names.joined(separator: " "))' -- "$current"))
                else
                  COMPREPLY=($(compgen -f -- "$current"))
                fi
                return ;;
              esac
              case $command in
              '') words='\((globals + topics).joined(separator: " "))' ;;
              ring) words='\(ringWords.joined(separator: " "))' ;;
              completion) words='bash zsh fish' ;;
              flush) words='all \(options(of: FlushCommand.command).joined(separator: " "))' ;;
            \(cases)  esac
              COMPREPLY=($(compgen -W "$words" -- "$current"))
              if [ ${#COMPREPLY[@]} -eq 0 ] && [[ $current == */* ]]; then
                COMPREPLY=($(compgen -f -- "$current"))
              fi
            }
            complete -o filenames -F _\(Program.name) \(Program.name)

            """
    }

    private static var zsh: String {
        let commands = Command.all.filter { !$0.name.hasPrefix("ring ") }
        let lines = commands.map { "    '\($0.name):\(quoted($0.summary))'" }.joined(separator: "\n")
        let ring = Command.all.filter { $0.name.hasPrefix("ring ") }
            .map { "    '\($0.name.dropFirst(5)):\(quoted($0.summary))'" }.joined(separator: "\n")
        var cases = ""
        for command in Command.all {
            let specs = command.options.map { option in
                "'\(option.short.map { "-\($0)" } ?? "--\(option.name)")[\(option.name)]"
                    + (option.takesValue ? ":\(option.name):_files'" : "'")
            }
            cases +=
                "  '\(command.name)') _arguments \((specs + ["'*:argument:_files'"]).joined(separator: " ")) ;;\n"
        }
        return """
            #compdef \(Program.name)
            _\(Program.name)() {
              local -a commands ring
              commands=(
            \(lines)
                'ring:The ring of directors.'
              )
              ring=(
            \(ring)
              )
              local index=2
              while [[ $index -lt $CURRENT ]]; do
                case $words[$index] in
                -f|-o|--formatter|--option|--username-hash|--timeout) (( index += 2 )) ;;
                -*|director) (( index += 1 )) ;;
                *) break ;;
                esac
              done
              if [[ $index -ge $CURRENT ]]; then
                _describe command commands
                return
              fi
              local command=$words[$index]
              if [[ $command == ring ]]; then
                if [[ $(( index + 1 )) -ge $CURRENT ]]; then
                  _describe command ring
                  return
                fi
                command="ring $words[$(( index + 1 ))]"
              fi
              case $command in
            \(cases)  esac
            }
            _\(Program.name) "$@"

            """
    }

    private static var fish: String {
        var text = "# fish completion of \(Program.name)\ncomplete -c \(Program.name) -f\n"
        for command in Command.all where !command.name.hasPrefix("ring ") {
            text +=
                "complete -c \(Program.name) -n __fish_use_subcommand -a \(command.name) "
                + "-d '\(quoted(command.summary))'\n"
        }
        text += "complete -c \(Program.name) -n __fish_use_subcommand -a ring -d 'The ring of directors.'\n"
        for command in Command.all {
            let words = command.name.split(separator: " ")
            if words.count == 2 {
                text +=
                    "complete -c \(Program.name) -n '__fish_seen_subcommand_from ring' -a \(words[1]) "
                    + "-d '\(quoted(command.summary))'\n"
            }
            for option in command.options {
                text +=
                    "complete -c \(Program.name) -n '__fish_seen_subcommand_from \(words.last ?? "")' "
                    + (option.short.map { "-s \($0) " } ?? "") + "-l \(option.name)"
                    + (option.takesValue ? " -r -F" : "") + "\n"
            }
        }
        return text
    }

    private static func quoted(_ text: String) -> String {
        String(text.map { $0 == "'" || $0 == ":" ? " " : $0 })
    }
}
