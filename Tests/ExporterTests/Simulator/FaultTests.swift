import AdminProbe
import Testing

@testable import SimulatedDirector

/// Faults of admin sockets: what a client sees, at each point of a connection.
@Suite struct FaultTests {
    private static let greeting = "VERSION\tdirector-doveadm\t1\t0\n"

    /// Says the handshake and both list commands, and takes what comes within a time.
    private func poll(_ fault: String, for seconds: Double = 1, most: Int = 1 << 20) throws -> Stage.Heard {
        var stage = try Stage([("backends", "3")])
        try stage.order("fault \(fault)")
        let id = stage.connect(1)
        stage.send("HOST-LIST\nDIRECTOR-LIST\n", on: id)
        var heard = stage.hear(id, most: most)
        for _ in 0..<Int(seconds * 20) where heard.end == nil && heard.text.utf8.count < most {
            stage.advance(by: 0.05)
            let more = stage.hear(id, most: most)
            heard = Stage.Heard(text: heard.text + more.text, end: more.end)
        }
        return heard
    }

    private func whole() throws -> String {
        var stage = try Stage([("backends", "3")])
        return FaultTests.greeting + stage.ask(1, "HOST-LIST", "DIRECTOR-LIST")
    }

    @Test func nothingIsWrongWithoutOne() throws {
        let text = try whole()
        #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count == 10)
    }

    @Test(arguments: ["greeting", "handshake", "HOST-LIST", "DIRECTOR-LIST", "command"])
    func silence(_ point: String) throws {
        let heard = try poll("silence at=\(point)", for: 60)
        #expect(heard.end == nil)
        let lines = heard.text.split(separator: "\n", omittingEmptySubsequences: false).count
        #expect(lines == ["greeting": 1, "handshake": 2, "HOST-LIST": 2, "DIRECTOR-LIST": 6, "command": 2][point])
    }

    @Test(arguments: ["close", "reset"], ["greeting", "handshake", "HOST-LIST", "DIRECTOR-LIST"])
    func ends(_ kind: String, _ point: String) throws {
        let heard = try poll("\(kind) at=\(point)")
        #expect(heard.end == (kind == "reset"))
        let whole = try whole()
        #expect(whole.hasPrefix(heard.text))
        #expect(heard.text.isEmpty == (point == "greeting"))
    }

    @Test(arguments: [0, 1, 2, 3, 4, 99]) func endsAfterRows(_ rows: Int) throws {
        let heard = try poll("close at=HOST-LIST rows=\(rows)")
        #expect(heard.end == false)
        // The empty line at the end counts as a row.
        #expect(heard.text.split(separator: "\n", omittingEmptySubsequences: false).count == min(rows, 4) + 2)
    }

    @Test func endsWithinARow() throws {
        let heard = try poll("close at=HOST-LIST after=20")
        #expect(heard.text == FaultTests.greeting + "198.51.100.1\t100\t0\t\t")
    }

    @Test func drips() throws {
        var stage = try Stage([("backends", "3")])
        try stage.order("fault drip rate=10 at=HOST-LIST")
        let id = stage.connect(1)
        stage.send("HOST-LIST\nDIRECTOR-LIST\n", on: id)
        var text = stage.hear(id).text
        #expect(text.utf8.count == FaultTests.greeting.utf8.count + 1)
        for _ in 0..<10 {
            stage.advance(by: 0.1)
            text += stage.hear(id).text
        }
        #expect((9...12).contains(text.utf8.count - FaultTests.greeting.utf8.count))
        for _ in 0..<100 {
            stage.advance(by: 0.1)
            text += stage.hear(id).text
        }
        #expect(try text == whole())
    }

    @Test func delays() throws {
        var stage = try Stage([("backends", "3")])
        try stage.order("fault delay time=5s at=HOST-LIST rows=1")
        let id = stage.connect(1)
        stage.send("HOST-LIST\nDIRECTOR-LIST\n", on: id)
        var text = stage.hear(id).text
        stage.advance(by: 4.9)
        text += stage.hear(id).text
        #expect(text.split(separator: "\n").count == 2)
        stage.advance(by: 0.2)
        text += stage.hear(id).text
        #expect(try text == whole())
    }

    @Test func garbage() throws {
        var stage = try Stage()
        try stage.order("fault garbage bytes=5000 at=greeting")
        let id = stage.connect(1)
        guard case .write(let bytes) = stage.desk.next(id) else {
            Issue.record("nothing is said")
            return
        }
        #expect(bytes.count == 5000)
        #expect(Set(bytes).count > 200)
    }

    @Test func endless() throws {
        let line = try poll("endless-line at=HOST-LIST", most: 600_000)
        #expect(line.text.utf8.count >= 600_000)
        #expect(line.text.count(where: { $0 == "\n" }) == 1)
        for list in ["HOST-LIST", "DIRECTOR-LIST"] {
            let heard = try poll("endless-list at=\(list) rows=1", most: 600_000)
            let rows = heard.text.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(rows.count > 10_000)
            // Its rows could be real, and are never the same.
            let reply =
                list == "HOST-LIST"
                ? try Fixture.reply(hosts: rows[2..<1000].map(String.init), directors: [])
                : try Fixture.reply(hosts: [], directors: rows[7..<1000].map(String.init))
            #expect(reply.rejectedHosts + reply.rejectedDirectors == 0)
            #expect(Set(rows[10..<10_000]).count == 9_990)
        }
    }

    /// Whatever is endless costs no memory: it is made as it is taken.
    @Test func endlessIsMadeAsItIsTaken() throws {
        var stage = try Stage()
        try stage.order("fault endless-line at=HOST-LIST")
        let id = stage.connect(1)
        stage.send("HOST-LIST\n", on: id)
        for _ in 0..<1000 {
            _ = stage.hear(id, most: 1)
            guard case .write(let bytes) = stage.desk.next(id) else {
                Issue.record("it ended")
                return
            }
            #expect(bytes.count <= 64 * 1024)
            stage.desk.wrote(1, on: id)
        }
    }

    @Test func wrongVersionAndText() throws {
        #expect(try poll("wrong-version").text.hasPrefix("VERSION\tdirector-doveadm\t2\t0\n"))
        let heard = try poll(#"text at=HOST-LIST text=1.2.3.4\tx\n\n\\\s\x41"#)
        #expect(heard.text.hasPrefix(FaultTests.greeting + "1.2.3.4\tx\n\n\\ A192.0.2.1\t"))
    }

    @Test func scopes() throws {
        var stage = try Stage()
        try stage.order("fault close member=2,3 at=HOST-LIST count=2")
        #expect(stage.ask(1, "HOST-LIST").hasSuffix("\n\n"))
        #expect(stage.ask(2, "DIRECTOR-LIST").hasSuffix("\n\n"))
        #expect(stage.ask(2, "HOST-LIST").isEmpty)
        #expect(stage.ask(3, "HOST-LIST").isEmpty)
        #expect(stage.ask(3, "HOST-LIST").hasSuffix("\n\n"))
        try stage.order("fault close for=10s")
        stage.advance(by: 9)
        #expect(stage.ask(1, "HOST-LIST").isEmpty)
        stage.advance(by: 2)
        #expect(stage.ask(1, "HOST-LIST").hasSuffix("\n\n"))
    }

    @Test func numbersAndClearing() throws {
        var stage = try Stage()
        #expect(try stage.order("fault close at=HOST-LIST") == "1\n")
        #expect(try stage.order("fault silence at=DIRECTOR-LIST") == "2\n")
        #expect(try stage.order("faults").split(separator: "\n").count == 2)
        try stage.order("clear 1")
        #expect(stage.ask(1, "HOST-LIST").hasSuffix("\n\n"))
        #expect(stage.ask(1, "DIRECTOR-LIST").isEmpty)
        #expect(throws: Order.Invalid.self) { try stage.order("clear 1") }
        try stage.order("clear")
        #expect(stage.ask(1, "DIRECTOR-LIST").hasSuffix("\n\n"))
    }

    /// A process that stands still or is gone.
    @Test func processes() throws {
        var stage = try Stage()
        let id = stage.connect(2)
        #expect(stage.hear(id).text == FaultTests.greeting)
        try stage.order("hang 2")
        stage.send("HOST-LIST\n", on: id)
        #expect(stage.hear(id) == Stage.Heard(text: ""))
        #expect(stage.desk.availability(1) == .silent)
        try stage.order("resume 2")
        #expect(stage.hear(id).text.hasSuffix("\n\n"))
        try stage.order("stop 2")
        #expect(stage.desk.availability(1) == .resets)
        #expect(stage.hear(id).end == false)
        stage.advance(by: 1.5)
        #expect(stage.desk.availability(1) == .refuses)
        try stage.order("start 2")
        #expect(stage.view(2) == "ring handshaking - -")
        stage.advance(by: 1)
        #expect(stage.desk.complaint(nil) == nil)
    }

    /// A client that doesn't read is not read from either.
    @Test func unreadAnswersAreBounded() throws {
        var stage = try Stage([("backends", "2000")])
        let id = stage.connect(1)
        stage.send(String(repeating: "HOST-LIST\n", count: 500), on: id)
        _ = stage.hear(id, most: 1)
        #expect(!stage.desk.reads(id))
        var count = 0
        while true {
            let heard = stage.hear(id, most: 1 << 24)
            if heard.text.isEmpty { break }
            count += heard.text.utf8.count
        }
        let one = stage.ask(1, "HOST-LIST").utf8.count
        #expect(count > one * 498)
    }
}
