import AdminProbe
import Testing

@testable import SimulatedDirector

/// The admin socket's dialogue, as a real director has it.
@Suite struct AdminDeskTests {
    @Test func greets() throws {
        var stage = try Stage()
        let id = stage.connect(1, greets: false)
        #expect(stage.hear(id) == Stage.Heard(text: "VERSION\tdirector-doveadm\t1\t0\n"))
    }

    @Test(arguments: [
        "VERSION\tdirector-doveadm\t1\t0", "VERSION\tdirector-doveadm\t1\t4294967295\r",
        "VERSION\tdirector-doveadm\t1\t007",
    ]) func takesGreetings(_ line: String) throws {
        var stage = try Stage()
        let id = stage.connect(1, greets: false)
        stage.send("\(line)\nHOST-UP\t1.2.3.4\n", on: id)
        #expect(stage.hear(id).text.hasSuffix("NOTFOUND\n"))
    }

    @Test(arguments: [
        "VERSION\tdirector-doveadm\t2\t0", "VERSION\tdirector\t1\t0", "VERSION\tdirector-doveadm\t1",
        "VERSION\tdirector-doveadm\t1\t-1", "VERSION\tdirector-doveadm\t1\t4294967296",
        "VERSION\tdirector-doveadm\t1\t0\tx", "HOST-LIST", "",
    ]) func refusesGreetings(_ line: String) throws {
        var stage = try Stage()
        let id = stage.connect(1, greets: false)
        stage.send("\(line)\n", on: id)
        let heard = stage.hear(id)
        #expect(heard.end == false)
        #expect(heard.text == "VERSION\tdirector-doveadm\t1\t0\n")
    }

    @Test(arguments: [
        "BOGUS", "", "host-list", "HOST-SET", "HOST-SET\tx", "HOST-SET\t198.51.100.1\tx",
        "HOST-SET\t198.51.100.1\t", "HOST-UPDATE\t198.51.100.1", "HOST-UP", "HOST-DOWN\tx",
        "HOST-REMOVE\tx", "HOST-FLUSH\tx", "HOST-RESET-USERS\tx", "HOST-RESET-USERS\t\t0",
        "DIRECTOR-ADD", "DIRECTOR-ADD\tx", "DIRECTOR-ADD\t192.0.2.9\t0", "DIRECTOR-REMOVE\tx",
        "DIRECTOR-REMOVE\t192.0.2.1\t65536", "USER-LIST\tx", "USER-MOVE\tx", "USER-MOVE\tx\ty",
        "USER-KICK", "USER-KICK-ALT\tx",
    ]) func endsWithoutAWord(_ line: String) throws {
        var stage = try Stage()
        let id = stage.connect(1)
        stage.send("\(line)\nHOST-UP\t1.2.3.4\n", on: id)
        let heard = stage.hear(id)
        #expect(heard.end == false)
        #expect(heard.text == "VERSION\tdirector-doveadm\t1\t0\n")
    }

    @Test(arguments: [
        ("HOST-UP\t198.51.100.1", "OK"), ("HOST-UP\t1.2.3.4", "NOTFOUND"),
        ("HOST-SET\t198.51.100.1\t1001", "vhost count too large"),
        ("HOST-SET\t198.51.100.1@other", "host tag can't be changed"),
        ("HOST-UPDATE\t1.2.3.4\t5", "NOTFOUND"), ("HOST-REMOVE\t1.2.3.4", "NOTFOUND"),
        ("HOST-FLUSH\t1.2.3.4", "NOTFOUND"), ("HOST-RESET-USERS\t1.2.3.4", "NOTFOUND"),
        ("HOST-RESET-USERS", "OK"), ("HOST-FLUSH", "OK"), ("HOST-FLUSH\t", "OK"),
        ("DIRECTOR-ADD\t192.0.2.1", "OK"), ("DIRECTOR-REMOVE\t192.0.2.9", "NOTFOUND"),
        ("USER-MOVE\tx\t1.2.3.4", "NOTFOUND"), ("USER-MOVE\tx\t198.51.100.1", "OK"),
        ("USER-KICK\tx", "OK"), ("USER-KICK\tx\tnowait", "OK"), ("USER-KICK-ALT\tx\ty", "OK"),
        ("USER-LOOKUP\ttest\tnone", "\t0\t\t"), ("HOST-LIST-REMOVED", ""),
        ("USER-LIST", ""), ("HOST-UP\t198.51.100.1\r", "OK"), ("HOST-UP\t198.51.100.1\tmore", "OK"),
    ]) func answersAtOnce(_ line: String, _ reply: String) throws {
        var stage = try Stage()
        #expect(stage.ask(1, line) == "\(reply)\n")
    }

    /// A change is answered when the SYNC has gone around.
    @Test func changesAreAnsweredWhenAllKnow() throws {
        var stage = try Stage()
        let id = stage.connect(1)
        stage.send("HOST-DOWN\t198.51.100.2\n", on: id)
        #expect(stage.hear(id).text == "VERSION\tdirector-doveadm\t1\t0\n")
        #expect(stage.view(1).hasPrefix("ring syncing"))
        stage.advance(by: 0.01)
        #expect(stage.hear(id).text == "OK\n")
        for member in 1...3 {
            let row = stage.rows(member, "HOST-LIST")[1]
            #expect(row == ["198.51.100.2", "100", "0", "", "D", "\(Stage.start.seconds)"])
        }
    }

    /// The line behind a command that waits is lost; the one behind it isn't.
    @Test func aPipelinedCommandIsLost() throws {
        var stage = try Stage()
        let id = stage.connect(1)
        stage.send(
            "HOST-DOWN\t198.51.100.2\nHOST-DOWN\t198.51.100.3\nHOST-UP\t1.2.3.4\n", on: id)
        _ = stage.hear(id)
        stage.advance(by: 0.01)
        #expect(stage.hear(id).text == "OK\nNOTFOUND\n")
        #expect(stage.rows(1, "HOST-LIST").map { $0[4] } == ["U", "D", "U", "U", "U", "U"])
    }

    /// Two lists in one write are of the same moment.
    @Test func listsNeverWait() throws {
        var stage = try Stage()
        try stage.order("cut 1 2,3")
        stage.advance(to: 50)
        let text = stage.ask(1, "HOST-LIST", "DIRECTOR-LIST")
        #expect(text.contains("\n\n192.0.2.1\t9090\tself\t0\tring syncing - last sync 7 secs ago\t"))
    }

    @Test func anUnsyncedRingTimesOut() throws {
        var stage = try Stage()
        try stage.order("cut 1 2,3")
        stage.advance(to: 44)
        let id = stage.connect(2)
        stage.send("HOST-DOWN\t198.51.100.2\n", on: id)
        #expect(!stage.hear(id).text.contains("OK"))
        stage.advance(to: 60)
        #expect(stage.hear(id).text == "OK\n", "it ran when the half was synced")
        #expect(stage.rows(3, "HOST-LIST")[1][4] == "D")
        #expect(stage.rows(1, "HOST-LIST")[1][4] == "U")

        stage = try Stage()
        // Nobody forwards a SYNC, and nobody notices before 30 s.
        try stage.order("hang 2")
        let waiting = stage.connect(1)
        stage.send("HOST-DOWN\t198.51.100.2\n", on: waiting)
        _ = stage.hear(waiting)
        stage.advance(to: 29.5)
        #expect(stage.hear(waiting).text == "")
        stage.advance(to: 30.1)
        #expect(stage.hear(waiting).text == "Ring sync timed out\n")
        // The next one that has to wait is the director's end.
        stage.send("HOST-DOWN\t198.51.100.3\n", on: waiting)
        let heard = stage.hear(waiting)
        #expect(heard == Stage.Heard(text: "", end: false))
        #expect(stage.view(1).hasPrefix("ring handshaking"))
    }

    /// The server doesn't see that its client is gone while a command waits.
    @Test func aWaitingClientMayLeave() throws {
        var stage = try Stage()
        let id = stage.connect(1)
        stage.send("HOST-DOWN\t198.51.100.2\n", on: id)
        stage.finish(id)
        _ = stage.hear(id)
        #expect(!stage.desk.noticesEnd(id))
        stage.advance(by: 0.01)
        #expect(stage.hear(id) == Stage.Heard(text: "OK\n", end: false))
        #expect(stage.rows(3, "HOST-LIST")[1][4] == "D")
    }

    @Test(arguments: [1022, 1023, 1024, 5000]) func linesEndAt1023Bytes(_ length: Int) throws {
        var stage = try Stage()
        let id = stage.connect(1)
        stage.send("HOST-UP\t1.2.3.4\t" + String(repeating: "x", count: length - 16) + "\n", on: id)
        let heard = stage.hear(id)
        if length <= 1023 {
            #expect(heard.text.hasSuffix("NOTFOUND\n"))
        } else {
            #expect(heard.end == false)
        }
    }

    @Test func anyFragmentation() throws {
        var stage = try Stage()
        let id = stage.connect(1, greets: false)
        var text = stage.hear(id).text
        for byte in "VERSION\tdirector-doveadm\t1\t0\r\nHOST-UP\t1.2.3.4\r\nUSER-KICK\ta\n".utf8 {
            stage.send([byte], on: id)
            text += stage.hear(id).text
        }
        #expect(text == "VERSION\tdirector-doveadm\t1\t0\nNOTFOUND\nOK\n")
        // A last line without an end is no line.
        stage.send("USER-KICK\tb", on: id)
        stage.finish(id)
        #expect(stage.hear(id) == Stage.Heard(text: "", end: false))
    }

    @Test func membersComeAndGo() throws {
        var stage = try Stage([("members", "4")])
        let id = stage.connect(1)
        stage.send("DIRECTOR-REMOVE\t192.0.2.3\t9090\n", on: id)
        _ = stage.hear(id)
        #expect(stage.rows(1, "DIRECTOR-LIST").contains(["192.0.2.3", "9090", "removed", "0", ""]))
        stage.advance(by: 2)
        #expect(stage.hear(id).text == "OK\n")
        for (member, view) in [(1, "ring synced 4 2"), (2, "ring synced 1 4"), (4, "ring synced 2 1")] {
            #expect(stage.view(member) == view)
            #expect(!stage.rows(member, "DIRECTOR-LIST").contains { $0[0] == "192.0.2.3" })
        }
        stage.advance(by: 60)
        #expect(stage.view(3) == "ring synced - -", "it believes in the old ring, alone")
        #expect(stage.ask(2, "DIRECTOR-ADD\t192.0.2.3\t9090") == "OK\n")
        stage.advance(by: 45)
        #expect(stage.desk.complaint(nil) == nil)
    }

    // MARK: Users

    @Test func usersGoWhereTheirHashLeads() throws {
        var stage = try Stage([("users", "3000")])
        let counts = stage.rows(1, "HOST-LIST").compactMap { Int($0[2]) }
        #expect(counts.reduce(0, +) == 3000)
        #expect(counts.allSatisfy { $0 > 200 })
        let list = stage.rows(2, "USER-LIST")
        #expect(list.count == 3000)
        let lookup = stage.ask(1, "USER-LOOKUP\tuser000042").split(separator: "\t")
        #expect(lookup.count == 4)
        #expect(lookup[0] == lookup[2])
        #expect(lookup[3] == "\(lookup[0])\n")
        #expect(stage.rows(3, "USER-LIST\t\(lookup[0])").contains { $0[1] == String(lookup[1]) })
    }

    @Test func usersComeAndGo() throws {
        var stage = try Stage([("users", "500"), ("user-expire", "60s"), ("logins", "5")])
        stage.advance(to: 200)
        let busy = stage.rows(1, "USER-LIST").count
        // Five a second for a minute, of 500: about 226 are known.
        #expect((150...300).contains(busy))
        for member in 2...3 { #expect(stage.rows(member, "USER-LIST").count == busy) }
        try stage.order("logins 0")
        stage.advance(by: 70)
        #expect(stage.rows(2, "USER-LIST").isEmpty)
        #expect(stage.rows(2, "HOST-LIST").allSatisfy { $0[2] == "0" })
    }

    @Test func aMoveIsKnownToAll() throws {
        var stage = try Stage()
        #expect(stage.ask(1, "USER-MOVE\ttest\t198.51.100.3") == "OK\n")
        #expect(stage.ask(1, "USER-MOVE\ttest\t198.51.100.4") == "TRYAGAIN\n")
        stage.advance(by: 0.1)
        #expect(stage.ask(3, "USER-MOVE\ttest\t198.51.100.4") == "TRYAGAIN\n")
        for member in 1...3 {
            let row = try #require(stage.rows(member, "USER-LIST").first)
            #expect(row == ["160394189", "\(Stage.start.seconds + 900)", "198.51.100.3"])
        }
        stage.advance(by: 3)
        #expect(stage.ask(2, "USER-MOVE\t160394189\t198.51.100.4") == "OK\n")
        stage.advance(by: 3)
        #expect(stage.rows(1, "HOST-LIST").map { $0[2] } == ["0", "0", "0", "1", "0", "0"])
        #expect(stage.ask(2, "USER-MOVE\ttest\t198.51.100.4") == "OK\n", "the same again")
    }

    @Test func drainingTakesItsTime() throws {
        var stage = try Stage([("users", "1000"), ("logins", "0")])
        _ = stage.ask(1, "HOST-DOWN\t198.51.100.1")
        stage.advance(by: 0.1)
        let users = Int(stage.rows(2, "HOST-LIST")[0][2]) ?? 0
        #expect(users > 100)
        let id = stage.connect(1)
        stage.send("HOST-RESET-USERS\t198.51.100.1\t50\n", on: id)
        _ = stage.hear(id)
        stage.advance(by: 0.5)
        #expect(Int(stage.rows(2, "HOST-LIST")[0][2]) == users - 50)
        #expect(stage.hear(id).text == "")
        stage.advance(by: 20)
        #expect(stage.hear(id).text == "OK\n")
        for member in 1...3 {
            let rows = stage.rows(member, "HOST-LIST")
            #expect(rows[0][2] == "0")
            #expect(rows.reduce(0) { $0 + (Int($1[2]) ?? 0) } == 1000)
        }
    }

    @Test func withoutBackendsUsersAreForgotten() throws {
        var stage = try Stage([("users", "40"), ("backends", "1"), ("logins", "0")])
        _ = stage.ask(1, "HOST-DOWN\t198.51.100.1")
        stage.advance(by: 0.1)
        #expect(stage.ask(2, "HOST-RESET-USERS") == "OK\n")
        stage.advance(by: 5)
        for member in 1...3 { #expect(stage.rows(member, "USER-LIST").isEmpty) }
    }

    @Test func twinsAndTags() throws {
        var stage = try Stage([
            ("backend", "192.0.2.12-192.0.2.13@blue=50"), ("backend", "192.0.2.11"),
            ("backend", "192.0.2.11"), ("backend", "2001:db8::5"),
        ])
        #expect(
            stage.rows(1, "HOST-LIST").map { Array($0[..<5]) } == [
                ["192.0.2.11", "100", "0", "", "U"], ["192.0.2.11", "100", "0", "", "U"],
                ["192.0.2.12", "50", "0", "blue", "U"], ["192.0.2.13", "50", "0", "blue", "U"],
                ["2001:db8::5", "100", "0", "", "U"],
            ])
        _ = stage.ask(1, "HOST-DOWN\t192.0.2.11")
        stage.advance(by: 0.1)
        #expect(stage.rows(2, "HOST-LIST").map { $0[4] } == ["D", "U", "U", "U", "U"])
        let blue = stage.ask(1, "USER-LOOKUP\ttest\tblue")
        #expect(blue.hasPrefix("\t0\t192.0.2.1"))
    }

    // MARK: Versions

    @Test func version2_1_0() throws {
        var stage = try Stage([("members", "2")], version: "2.1.0")
        #expect(stage.ask(1, "HOST-LIST").hasPrefix("198.51.100.1\t100\t0\n198.51.100.2\t100\t0\n"))
        #expect(stage.ask(1, "DIRECTOR-LIST") == "192.0.2.1\t9090\tself\t0\n192.0.2.2\t9090\tl+r\t0\n\n")
        #expect(stage.ask(1, "HOST-SET\t198.51.100.1\t5") == "OK\n")
        let id = stage.connect(1)
        stage.send("HOST-DOWN\t198.51.100.1\n", on: id)
        #expect(stage.hear(id).end == false)
    }

    @Test func version2_2_16() throws {
        var stage = try Stage([("members", "4")], version: "2.2.16")
        #expect(stage.ask(1, "HOST-LIST").hasPrefix("198.51.100.1\t100\t0\t\n"))
        #expect(
            stage.ask(2, "DIRECTOR-LIST")
                == "192.0.2.1\t9090\tleft\t0\tsynced\n192.0.2.2\t9090\tself\t0\tsynced\n"
                + "192.0.2.3\t9090\tright\t0\tsynced\n192.0.2.4\t9090\t\t0\t\n\n")
        try stage.order("split 1,2 | 3,4")
        stage.advance(to: 44)
        let rows = stage.rows(2, "DIRECTOR-LIST")
        #expect(rows[1][4] == "syncing - last sync 1 secs ago")
        #expect(rows[2] == ["192.0.2.3", "9090", "", "0", "handshaking"])
        stage.advance(to: 70)
        #expect(stage.rows(2, "DIRECTOR-LIST")[0][2] == "l+r")
        // Nothing waits for the ring.
        #expect(stage.ask(1, "HOST-SET\t198.51.100.1\t5") == "OK\n")
    }

    @Test func version2_2_19() throws {
        var stage = try Stage(version: "2.2.19")
        #expect(stage.ask(1, "HOST-DOWN\t198.51.100.1") == "OK\n")
        #expect(
            stage.ask(1, "HOST-LIST").hasPrefix(
                "198.51.100.1\t100\t0\t\tD\t\(Stage.start.seconds)\n198.51.100.2\t100\t0\t\tU\t0\n"))
        #expect(stage.rows(1, "DIRECTOR-LIST").allSatisfy { $0.count == 5 })
    }

    @Test func version2_2_33() throws {
        var stage = try Stage(version: "2.2.33")
        let id = stage.connect(1)
        stage.send("HOST-DOWN\t198.51.100.1\n", on: id)
        #expect(!stage.hear(id).text.contains("OK"))
        stage.advance(by: 0.01)
        #expect(stage.hear(id).text == "OK\n")
        #expect(stage.rows(1, "DIRECTOR-LIST").allSatisfy { $0.count == 5 })
        #expect(stage.ask(1, "USER-KICK-ALT\ta\tb") == "OK\n")
    }

    /// Each version's answers are read by the exporter without a reject.
    @Test(arguments: ProtocolVersion.allCases) func everyVersionIsRead(_ version: ProtocolVersion) throws {
        var stage = try Stage([("members", "4"), ("users", "10")], version: version.rawValue)
        try stage.order("cut 1 2,3,4")
        for time in stride(from: 5.0, through: 60, by: 5) {
            stage.advance(to: time)
            for member in 1...4 {
                let reply = try Fixture.reply(stage.ask(member, "HOST-LIST", "DIRECTOR-LIST"))
                #expect(reply.rejectedHosts + reply.rejectedDirectors == 0)
                #expect(reply.hosts.count == 6)
            }
        }
    }
}
