import Foundation
import Testing

/// The proof that a simulated ring answers as a real one: doveadm and raw dialogues, run against both
/// in the same state, give the same.
@Suite(.enabled(if: Lab.isUsable)) struct SimulatorTests {
    /// A real ring and a simulated one with the same addresses.
    private struct Pair {
        let ring: Ring
        let simulated: SimulatedRing
        let real: Contest
        let ours: Contest
        let sockets: [(real: String, ours: String)]

        init(net: Int) throws {
            ring = try Ring(net: net, members: 3)
            // Paths of the same length, since columns are as wide as what is in them.
            let length = try ring.socket(1).utf8.count
            let shortest = "/tmp/dde-s\(net)/1/director-admin"
            let padding = String(repeating: "x", count: max(0, length - shortest.utf8.count))
            simulated = try SimulatedRing(
                directory: "/tmp/dde-s\(net)\(padding)",
                ["--first-member", "127.0.\(net).1", "--first-backend", "127.1.\(net).1"])
            let files = try TestFiles(name: "simulator-\(net)")
            real = try Contest(ring: ring, files: files)
            ours = try Contest(ring: ring, files: files, socket: simulated.socket(1))
            var sockets: [(real: String, ours: String)] = []
            for member in 1...3 { sockets.append((try ring.socket(member), simulated.socket(member))) }
            self.sockets = sockets
        }

        /// What doveadm prints, without what is never the same twice.
        func result(_ contest: Contest, _ line: String) throws -> String {
            var text = try contest.run(line, by: .doveadm).description
            for (real, ours) in sockets {
                text = text.replacing(real, with: "SOCKET").replacing(ours, with: "SOCKET")
            }
            text = text.replacingOccurrences(
                of: "20\\d\\d-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d", with: "TIME", options: .regularExpression)
            // Bytes, times and how wide they are.
            if line.contains("ring"), line.contains("status") {
                text = text.replacingOccurrences(of: "\\d+", with: "N", options: .regularExpression)
                    .replacingOccurrences(of: " +", with: " ", options: .regularExpression)
                    .replacingOccurrences(of: "\"N\"", with: "\"TIME\"")
            }
            return text
        }
    }

    private func table(_ name: String) throws -> [String] {
        let file = Project.root.appendingPathComponent("Tests/RingTests/Differential/\(name).txt")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
            .filter { !$0.hasPrefix("#") && $0.contains("$S") && !$0.contains("su nobody") }
    }

    @Test func doveadmSeesNoDifference() throws {
        let pair = try Pair(net: 151)
        let theirs = try StartState(pair.ring)
        let ours = try StartState(pair.ring, socket: pair.simulated.socket(1))
        try theirs.restore()
        try ours.restore()
        var compared = 0
        var differences: [String] = []
        func note(_ line: String, _ real: String, _ simulated: String) {
            compared += 1
            if real != simulated { differences.append("\(line)\nreal: \(real)\nsimulated: \(simulated)") }
        }
        // The control: a difference is seen.
        let control = "$P director status -a $S test@elsewhere && date +%N"
        #expect(try pair.result(pair.real, control) != pair.result(pair.ours, control))
        for line in try table("reading") {
            note(line, try pair.result(pair.real, line), try pair.result(pair.ours, line))
        }
        for (index, line) in try table("changing").enumerated() {
            guard Lab.runsEverything || index % 5 == 0 else { continue }
            try theirs.restore()
            try ours.restore()
            note(
                line, try pair.result(pair.real, line) + theirs.describe(),
                try pair.result(pair.ours, line) + ours.describe())
        }
        #expect(compared > 100)
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n\n"))")
    }

    /// Says raw bytes to a socket, closes the writing side, and returns all that comes.
    private func dialogue(_ socket: String, _ scripts: [String]) throws -> [Substring] {
        try Command.run(
            "python3",
            [
                "-c",
                """
                import socket, sys
                for script in sys.argv[2:]:
                    director = socket.socket(socket.AF_UNIX)
                    director.settimeout(40)
                    director.connect(sys.argv[1])
                    heard = b""
                    try:
                        director.sendall(script.encode().decode("unicode_escape").encode("latin-1"))
                        director.shutdown(socket.SHUT_WR)
                        while data := director.recv(65536):
                            heard += data
                    except ConnectionResetError:
                        heard += b"<reset>"
                    except BrokenPipeError:
                        heard += b"<broken pipe>"
                    print(repr(heard))
                """, socket,
            ] + scripts
        ).split(separator: "\n")
    }

    private static let greetings = [
        #"VERSION\tdirector-doveadm\t1\t0\nUSER-KICK\tx\n"#, #"VERSION\tdirector-doveadm\t1\t7\r\nUSER-KICK\tx\r\n"#,
        #"VERSION\tdirector-doveadm\t1\t4294967295\nUSER-KICK\tx\n"#,
        #"VERSION\tdirector-doveadm\t1\t4294967296\nUSER-KICK\tx\n"#,
        #"VERSION\tdirector-doveadm\t1\t-1\nUSER-KICK\tx\n"#, #"VERSION\tdirector-doveadm\t1\nUSER-KICK\tx\n"#,
        #"VERSION\tdirector-doveadm\t1\t0\tx\nUSER-KICK\tx\n"#, #"VERSION\tdirector-doveadm\t2\t0\nUSER-KICK\tx\n"#,
        #"VERSION\tdirector\t1\t0\nUSER-KICK\tx\n"#, #"USER-KICK\tx\n"#, #"\n"#, "", #"VERSION"#,
    ]

    /// Lines behind a good greeting. `B` is the beginning of the backends' addresses, `R` of the
    /// members'.
    private static let commands = [
        "", #"\n"#, "BOGUS", "host-list", "HOST-LIST", #"HOST-LIST\tx"#, "HOST-LIST-REMOVED", "HOST-SET",
        #"HOST-SET\tx"#, #"HOST-SET\tB1\t"#, #"HOST-SET\tB1\tx"#, #"HOST-SET\tB1\t-1"#, #"HOST-SET\tB1\t+1"#,
        #"HOST-SET\tB1\t1001"#, #"HOST-SET\tB1\t4294967294"#, #"HOST-SET\tB1\t4294967296"#, #"HOST-SET\tB3@b"#,
        #"HOST-SET\tB3@a"#, #"HOST-SET\tB3@"#, #"HOST-SET\t@a"#, #"HOST-UPDATE\tB1"#, #"HOST-UPDATE\tB99\t5"#,
        #"HOST-UPDATE\tB1@b\t100"#, "HOST-UP", #"HOST-UP\tB1"#, #"HOST-UP\tB99"#, #"HOST-UP\tB1@a"#,
        #"HOST-UP\tB01"#, #"HOST-UP\t1"#, #"HOST-UP\t[2001:db8::5]"#, #"HOST-UP\t2001:DB8:0::5"#, #"HOST-DOWN\tB2"#,
        #"HOST-DOWN\tx"#, #"HOST-REMOVE\tB99"#, "HOST-REMOVE", #"HOST-FLUSH\tB99"#, #"HOST-FLUSH\tx"#,
        #"HOST-RESET-USERS\tB99"#, #"HOST-RESET-USERS\tB1\t0"#, #"HOST-RESET-USERS\tB1\tx"#,
        #"HOST-RESET-USERS\tB1\t5"#, "DIRECTOR-ADD", #"DIRECTOR-ADD\tx"#, #"DIRECTOR-ADD\tR1"#,
        #"DIRECTOR-ADD\tR1\t0"#, #"DIRECTOR-ADD\tR1\t65536"#, #"DIRECTOR-REMOVE\tR9"#, #"DIRECTOR-REMOVE\tR1\t0"#,
        "DIRECTOR-REMOVE", "USER-LOOKUP", #"USER-LOOKUP\ttest"#, #"USER-LOOKUP\tTest"#, #"USER-LOOKUP\t77"#,
        #"USER-LOOKUP\t4294967296"#, #"USER-LOOKUP\ttest\ta"#, #"USER-LOOKUP\ttest\tnone"#,
        #"USER-LOOKUP\tte\x01tst"#, #"USER-LOOKUP\t\ta"#, "USER-LIST", #"USER-LIST\tB1"#, #"USER-LIST\tB99"#,
        #"USER-LIST\tx"#, "USER-MOVE", #"USER-MOVE\tx"#, #"USER-MOVE\tx\ty"#, #"USER-MOVE\tx\tB99"#,
        #"USER-MOVE\ttest\tB1"#, "USER-KICK", #"USER-KICK\t"#, #"USER-KICK\tx\tnowait"#, #"USER-KICK-ALT\tx"#,
        #"USER-KICK-ALT\tx\ty"#, #"USER-KICK\tx\nUSER-KICK\ty\nBOGUS\nUSER-KICK\tz"#,
        #"HOST-UP\tB1\nHOST-UP\tB99\nHOST-LIST-REMOVED"#, #"HOST-FLUSH\tB6\nUSER-KICK\tlost\nHOST-UP\tB99"#,
        #"HOST-FLUSH\tB6\nHOST-LIST-REMOVED\nHOST-UP\tB99\nUSER-KICK\tx"#,
    ]

    @Test func rawDialoguesAreTheSame() throws {
        let pair = try Pair(net: 152)
        for socket in [pair.sockets[0].real, pair.sockets[0].ours] {
            try StartState(pair.ring, socket: socket).restore()
        }
        var scripts = SimulatorTests.greetings
        let names = (pair.ring.backend(1).dropLast(), pair.ring.member(1).dropLast(6))
        scripts += SimulatorTests.commands.map { command in
            #"VERSION\tdirector-doveadm\t1\t0\n"#
                + command.replacing(#"\tB"#, with: #"\t\#(names.0)"#).replacing(#"\tR"#, with: #"\t\#(names.1)"#)
                + #"\n"#
        }
        for length in [1022, 1023, 1024, 1025, 3000] {
            let rest = String(repeating: "x", count: length - 10)
            scripts.append(#"VERSION\tdirector-doveadm\t1\t0\nUSER-KICK\t"# + rest + #"\nUSER-KICK\tx\n"#)
        }
        let real = try dialogue(pair.sockets[0].real, scripts)
        let simulated = try dialogue(pair.sockets[0].ours, scripts)
        #expect(real.count == scripts.count)
        #expect(Set(real).count > 15)
        for ((script, real), simulated) in zip(zip(scripts, real), simulated) {
            // Expiries, a second apart at most.
            func masked(_ text: Substring) -> String {
                String(text).replacingOccurrences(of: "1[78]\\d{8}", with: "TIME", options: .regularExpression)
            }
            #expect(masked(real) == masked(simulated), "\(script)")
        }
    }

    /// Members that are stopped or hang: what doveadm says of them, and of the ring around them.
    @Test func faultsLookTheSame() async throws {
        let pair = try Pair(net: 153)
        func same(_ line: String, _ note: String) throws {
            let real = try pair.result(pair.real, line)
            #expect(try real == pair.result(pair.ours, line), "\(note): \(line)")
        }
        let down = "S=${S/m1/m2}; S=${S/\\/1\\//\\/2\\/}; $P director status -a $S"
        try pair.ring.run("stop", "2")
        try pair.simulated.order("stop", "2")
        try pair.ring.run("wait", "30", "1,3")
        try pair.simulated.order("wait", "30s", "1,3")
        try same("$P director ring status -a $S", "stopped")
        try same("$P -v director down -a $S 127.1.153.2", "stopped")
        try same(down, "stopped")
        try pair.ring.run("start", "2")
        try pair.simulated.order("start", "2")
        try pair.ring.run("wait", "30")
        try pair.simulated.order("wait", "30s")
        try same("$P director ring status -a $S", "started")
        try same("$P director status -a $S", "started")
        try pair.ring.run("hang", "2")
        try pair.simulated.order("hang", "2")
        try same(down, "hung")
        try pair.ring.run("resume", "2")
        try pair.simulated.order("resume", "2")
        try same(down, "resumed")
    }

    // MARK: The program

    @Test func thousandsOfConnections() throws {
        let simulated = try SimulatedRing(directory: "/tmp/dde-s154", [])
        let said = try Command.run(
            "python3",
            [
                "-c",
                """
                import resource, socket, sys
                resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
                open_ones = []
                for turn in range(3000):
                    director = socket.socket(socket.AF_UNIX)
                    director.connect(sys.argv[1])
                    director.settimeout(20)
                    director.sendall(b"VERSION\\tdirector-doveadm\\t1\\t0\\nUSER-KICK\\tx\\n")
                    open_ones.append(director)
                for director in open_ones:
                    heard = b""
                    while heard.count(b"\\n") < 2:
                        heard += director.recv(100)
                    assert heard.endswith(b"\\nOK\\n"), heard
                print(len(open_ones))
                """, simulated.socket(1),
            ])
        #expect(said == "3000\n")
        #expect(simulated.stop() == 0)
        #expect(!FileManager.default.fileExists(atPath: simulated.directory))
    }

    /// A member that goes down and up keeps its path; a second simulator doesn't take it away.
    @Test func socketsComeAndGo() throws {
        let simulated = try SimulatedRing(directory: "/tmp/dde-s155", ["--users", "10"])
        func status(_ member: Int) throws -> Int32 {
            try Spawn.run(
                [Project.program("directorctl"), "status", "-a", simulated.socket(member)],
                output: "/dev/null", errors: "/dev/null", directory: "/tmp")
        }
        #expect(try status(2) == 0)
        try simulated.order("crash", "2")
        #expect(try status(2) == 75)
        try simulated.order("start", "2")
        try simulated.order("wait", "10s")
        #expect(try status(2) == 0)
        #expect(throws: Command.Failure.self) { try simulated.order("bogus") }
        #expect(throws: Command.Failure.self) {
            try Command.run(Project.program("director-simulator"), [simulated.directory])
        }
        #expect(try status(2) == 0)
        #expect(try simulated.order("members").split(separator: "\n").count == 3)
        #expect(try simulated.order("status").contains("running"))
    }
}
