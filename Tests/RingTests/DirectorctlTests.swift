import Foundation
import Testing

/// What directorctl does beyond doveadm, and otherwise, on real rings.
@Suite(.enabled(if: Lab.isUsable)) struct DirectorctlTests {
    /// What a run printed and how it ended.
    struct Run {
        var output: String
        var errors: String
        var status: Int32
    }

    /// Runs the program.
    private func run(_ arguments: [String], in directory: String = "/tmp") throws -> Run {
        let files = ["out", "err"].map { "/tmp/dde-run-\(UUID().uuidString).\($0)" }
        for file in files { _ = FileManager.default.createFile(atPath: file, contents: nil) }
        defer { for file in files { try? FileManager.default.removeItem(atPath: file) } }
        let status = try Spawn.run(
            [Project.program("directorctl")] + arguments, output: files[0], errors: files[1],
            directory: directory)
        return Run(
            output: try String(contentsOfFile: files[0], encoding: .utf8),
            errors: try String(contentsOfFile: files[1], encoding: .utf8), status: status)
    }

    /// A ring that doesn't come to terms: every address gets its answer, no connection a second
    /// command, and the director lives.
    @Test func ringSyncTimeOutHarmsNobody() throws {
        let ring = try Ring(net: 59, members: 3)
        let files = try TestFiles(name: "timeout-59")
        let socket = try ring.socket(1)
        let hosts = try String(contentsOfFile: "/etc/hosts", encoding: .utf8)
        try files.write(
            "hosts", hosts + "\n\(ring.backend(1)) both.test\n\(ring.backend(2)) both.test\n")
        func process() throws -> [Substring] {
            try ring.doveadm(1, "-f", "tab", "process", "status", "director").split(separator: "\n")
                .dropFirst().map { $0.split(separator: "\t")[1] }
        }
        let director = try process()
        try ring.run("hang", "2")
        defer { _ = try? ring.run("resume", "2") }
        let output = files.temporaryFile().path
        let errors = files.temporaryFile().path
        let status = try Spawn.run(
            [
                "unshare", "-m", "bash", "-c",
                "mount --bind '\(files.directory)/hosts' /etc/hosts && exec "
                    + "'\(Project.program("directorctl"))' -v down -a '\(socket)' both.test",
            ], output: output, errors: errors, directory: "/tmp")
        let said = try String(contentsOfFile: errors, encoding: .utf8)
        #expect(said.contains("Error: \(ring.backend(1)): Ring sync timed out"), "\(said)")
        #expect(said.contains("leaves open whether the change was made"), "\(said)")
        // The first was done here, and this is said; the second has its own answer.
        #expect(said.contains("\(ring.backend(1)) is down"), "\(said)")
        #expect(said.contains("\(ring.backend(2)): "), "\(said)")
        #expect(status == 75)
        // The same process still answers.
        #expect(try process() == director)
        let log = try String(contentsOfFile: "\(ring.directory)/m1/dovecot.log", encoding: .utf8)
        #expect(!log.contains("Panic"), "\(log)")
    }

    @Test func rehearsalChangesNothing() throws {
        let ring = try Ring(net: 60, members: 2)
        let socket = try ring.socket(1)
        let before = try ring.doveadm(1, "director", "status")
        let members = try ring.doveadm(1, "-f", "tab", "director", "ring", "status")
        for (arguments, command) in [
            (["down", ring.backend(1)], "HOST-DOWN \(ring.backend(1))"),
            (["up", ring.backend(1)], "HOST-UP \(ring.backend(1))"),
            (["add", ring.backend(40), "30"], "HOST-SET \(ring.backend(40)) 30"),
            (["update", ring.backend(1), "30"], "HOST-UPDATE \(ring.backend(1)) 30"),
            (["remove", ring.backend(1)], "HOST-REMOVE \(ring.backend(1))"),
            (["move", "test", ring.backend(1)], "USER-MOVE 160394189 \(ring.backend(1))"),
            (["kick", "test"], "USER-KICK test"),
            (["flush", "all"], "HOST-RESET-USERS"),
            (["flush", "-F", ring.backend(1)], "HOST-FLUSH \(ring.backend(1))"),
            (["ring", "remove", "127.0.60.2"], "DIRECTOR-REMOVE 127.0.60.2"),
            (["ring", "add", "127.0.60.7", "9091"], "DIRECTOR-ADD 127.0.60.7 9091"),
        ] {
            let result = try run(["--dry-run"] + arguments + ["-a", socket])
            #expect(result.output.hasPrefix("would ask for: \(command)\nnow: "), "\(result)")
            #expect(result.output.contains("ring synced"), "\(result)")
            #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
            // Behind the command, too.
            #expect(try run(arguments + ["-a", socket, "--dry-run"]).output == result.output)
        }
        #expect(try ring.doveadm(1, "director", "status") == before)
        let now = try ring.doveadm(1, "-f", "tab", "director", "ring", "status")
        #expect(now.split(separator: "\n").count == members.split(separator: "\n").count)
    }

    @Test func deadlinesEverywhere() throws {
        let files = try TestFiles(name: "deadlines")
        for arguments in [
            ["status"], ["ring", "status"], ["status", "user"], ["dump"], ["map", "-f", "/dev/null"],
            ["up", "127.1.9.1"], ["kick", "user"], ["flush", "all"], ["ring", "add", "127.0.9.1"],
            ["--dry-run", "up", "127.1.9.1"],
        ] {
            for socket in ["stuck", "mute"] {
                let result = try run(
                    ["--timeout", "300ms"] + arguments + ["-a", "\(files.sockets)/\(socket)"])
                #expect(result.status == 75, "\(arguments) \(socket): \(result)")
                #expect(result.errors.contains("timed out"), "\(arguments) \(socket): \(result)")
                #expect(result.errors.split(separator: "\n").count == 1, "\(result)")
                #expect(result.output.isEmpty, "\(result)")
            }
        }
        let verdict = try run(
            ["--timeout", "300ms", "ring", "verify", "\(files.sockets)/stuck"])
        #expect(verdict.status == 2 && verdict.output.hasPrefix("RING CRITICAL - "), "\(verdict)")
    }

    @Test func anonymousRowStandsInItsColumns() throws {
        let files = try TestFiles(name: "anonymous")
        let result = try run(["-f", "tab", "ring", "status", "-a", "\(files.sockets)/anonymous"])
        let first = result.output.split(separator: "\n")[1].split(separator: "\t").map(String.init)
        #expect(first[..<7] == ["-", "-", "-", "-", "handshaking - 0 USERs received", "1", "2"])
        #expect(first.count == 12 && first[11] == "never", "\(first)")
    }

    @Test func argumentsCannotBecomeCommands() throws {
        let files = try TestFiles(name: "injection")
        let socket = "\(files.sockets)/odd"
        for arguments in [
            ["status", "user\nHOST-FLUSH"], ["status", "user\t"], ["status", "user", "a\tb"],
            ["add", "-t", "a\nHOST-FLUSH", "127.1.9.1"], ["add", "127.1.9.1@a\tb"],
        ] {
            let result = try run(arguments + ["-a", socket])
            #expect(result.status == 64 && result.errors.contains("TAB or a line feed"), "\(result)")
        }
    }

    @Test func verdictOnARealRing() async throws {
        let ring = try Ring(net: 63, members: 3)
        let sockets = try (1...3).map { try ring.socket($0) }
        let sidecars = try sockets.map { try Sidecar(socket: $0) }
        let areUp = try await eventually(within: .seconds(10)) {
            sidecars.allSatisfy { $0.scrape()["up"] == 1 }
        }
        #expect(areUp)
        let urls = sidecars.map { "http://127.0.0.1:\($0.port)" }
        for targets in [sockets, urls, [sockets[0]], [urls[0]]] {
            let verdict = try run(["ring", "verify"] + targets)
            #expect(verdict.status == 0, "\(verdict)")
            #expect(verdict.output.hasPrefix("RING OK - 3 members, linked in order and synced"))
            #expect(verdict.output.contains("| members=3 rings=1 silence="), "\(verdict)")
        }
        let missing = try run(["ring", "verify", "-e", ring.member(4), sockets[0]])
        #expect(missing.status == 2, "\(missing)")
        #expect(missing.output.contains("doesn't know \(ring.member(4))"), "\(missing)")
        // One side changes a backend while it is cut off: both faults are told.
        try ring.run("cut", "1", "2,3")
        let isSeen = try await eventually(within: .seconds(45)) {
            try run(["ring", "verify"] + sockets).output.contains(
                "2 rings: \(ring.member(1)) / \(ring.member(2)), \(ring.member(3))")
        }
        #expect(isSeen)
        for targets in [sockets, urls] {
            let verdict = try run(["ring", "verify"] + targets)
            #expect(verdict.status == 2 && verdict.output.hasPrefix("RING CRITICAL - 2 rings: "))
        }
        let one = try run(["-v", "ring", "verify", sockets[1]])
        #expect(one.status == 2 && one.output.contains(ring.member(1)), "\(one)")
        #expect(one.output.split(separator: "\n").count > 1)

        // A director that is gone is a fault, a socket that isn't there a question.
        try ring.run("heal")
        try ring.run("stop", "3")
        #expect(try run(["ring", "verify", sockets[2]]).status != 0)
        #expect(try run(["ring", "verify", "/nonexistent/socket"]).status == 3)
        #expect(try run(["ring", "verify", "http://127.0.0.1:1"]).status == 3)
        #expect(try run(["ring", "verify", "https://127.0.0.1:1"]).output.contains("only http://"))
    }

    @Test func recordingIsARecording() throws {
        let ring = try Ring(net: 64, members: 2)
        let sockets = try [ring.socket(1), ring.socket(2)]
        let tape = "/tmp/dde-tape-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: tape) }
        let script =
            "(sleep 0.7; echo 'member 2 stops'; sleep 5) | timeout -s INT 2.6 "
            + "'\(Project.program("directorctl"))' record -i 500ms -n stop -t 'a \"test\"' "
            + "'\(sockets[0])' '\(sockets[1])' /nonexistent/socket > '\(tape)'"
        _ = try Spawn.run(
            ["bash", "-c", script], output: "/dev/null", errors: "/dev/null", directory: "/tmp")
        let lines = try String(contentsOfFile: tape, encoding: .utf8).split(separator: "\n").map {
            try #require(
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(lines[0]["scenario"] as? String == "stop")
        #expect(lines[0]["about"] as? String == "a \"test\"")
        #expect(
            lines[0]["members"] as? [String] == [ring.member(1), ring.member(2), "/nonexistent/socket"])
        let answers = lines.filter { $0["director"] as? Int == 2 }
        #expect(answers.count >= 4)
        for answer in answers {
            let directors = try #require(answer["directors"] as? [String])
            #expect(directors.count == 3)
            #expect(directors.contains { $0.hasPrefix("127.0.64.2\t9090\tself\t") })
            #expect((answer["hosts"] as? [String])?.count == 6)
            #expect(answer["t"] is Double && answer["epoch"] is Int)
        }
        #expect(lines.contains { $0["event"] as? String == "member 2 stops" })
        #expect(
            lines.contains {
                $0["director"] as? Int == 3 && $0["error"] as? String == "FileNotFoundError"
            })
    }

    /// What `watch` shows on a terminal.
    private struct Screen: Decodable {
        var lines: [String]
        var left: Bool
        var colored: Bool
        var status: Int32
    }

    private func watch(_ size: String, _ steps: String, _ arguments: [String]) throws -> Screen {
        let script = Project.root.appendingPathComponent("Tests/RingTests/Harness/pseudo-terminal.py")
        let output = try Command.run(
            "python3",
            [script.path, size, steps, Project.program("directorctl"), "watch"] + arguments)
        return try JSONDecoder().decode(Screen.self, from: Data(output.utf8))
    }

    @Test func watchFillsAnyTerminal() throws {
        let ring = try Ring(net: 65, members: 3)
        let sockets = try [ring.socket(1), ring.socket(2)]
        let plain = try watch("24x80", "2 q", [sockets[0], "--no-color"])
        #expect(plain.status == 0 && plain.left && !plain.colored)
        #expect(plain.lines.count == 24 && plain.lines.allSatisfy { $0.count <= 80 })
        #expect(plain.lines[1] == "RING OK")
        #expect(plain.lines.contains { $0.hasPrefix(ring.member(1)) && $0.contains("self") })
        #expect(plain.lines.contains { $0.hasPrefix(ring.member(2)) && $0.contains("right") })
        #expect(plain.lines.contains { $0.hasPrefix(ring.backend(6)) && $0.contains("up") })

        let colored = try watch("40x120", "2 q", [sockets[0]])
        #expect(colored.colored && colored.lines.count == 40)

        // Small, of two directors the second, scrolled to the end, ended by a signal.
        let small = try watch("10x50", "1.5 \\t 8x44 0.5 G 1 SIGTERM", sockets)
        #expect(small.status == 0 && small.left)
        #expect(small.lines.count == 8 && small.lines.allSatisfy { $0.count <= 44 })
        #expect(small.lines[0].hasPrefix("2/2 "))
        #expect(small.lines.contains { $0.hasPrefix(ring.backend(6)) })

        let unreachable = try watch("24x80", "1.5 SIGINT", ["/nonexistent/socket"])
        #expect(unreachable.lines.contains { $0.contains("No such file or directory") })
        #expect(unreachable.status == 0 && unreachable.left)
    }

    @Test func completionsAreScripts() throws {
        for shell in ["bash", "zsh", "fish"] {
            let script = try run(["completion", shell])
            #expect(script.status == 0 && script.output.contains("directorctl"), "\(script)")
            #expect(script.output.contains("verify"))
        }
        #expect(try run(["completion", "csh"]).status == 64)
        let script = """
            source <('\(Project.program("directorctl"))' completion bash)
            COMP_WORDS=(directorctl -f json ring v); COMP_CWORD=4; _directorctl; echo "${COMPREPLY[*]}"
            COMP_WORDS=(directorctl flush --m); COMP_CWORD=2; _directorctl; echo "${COMPREPLY[*]}"
            """
        #expect(try Command.run("bash", ["-c", script]) == "verify\n--max-parallel\n")
    }

    @Test func helpIsThere() throws {
        let help = try run(["--help"])
        #expect(help.status == 0 && help.output.contains("ring verify") && help.errors.isEmpty)
        let command = try run(["down", "--help"])
        #expect(command.status == 0 && command.output.contains("Keep new users"), "\(command)")
        #expect(try run(["--version"]).output.hasPrefix("directorctl "))
        let timeout = try run(["--timeout", "never", "status"])
        #expect(timeout.status == 64 && timeout.errors.contains("500ms"), "\(timeout)")
    }
}
