import AdminProbe
import Foundation
import Testing

@testable import DirectorSimulator
@testable import SimulatedDirector

/// Orders, scenarios, command lines and recordings, as people write them.
@Suite struct ScriptTests {
    private func refusal(_ line: String) -> String {
        do throws(Order.Invalid) {
            return "\(try Order(line, members: 4))"
        } catch {
            return error.description
        }
    }

    @Test func orders() throws {
        func order(_ line: String) throws -> Order { try Order(line, members: 4) }
        #expect(try order("cut 1 2,3") == .path(from: [0], to: [1, 2], .dropped, bothWays: true))
        #expect(try order("cut-one-way 1 2") == .path(from: [0], to: [1], .dropped, bothWays: false))
        #expect(try order("reset 1 4") == .path(from: [0], to: [3], .answeredWithResets, bothWays: true))
        #expect(try order("lose 1 2 7") == .path(from: [0], to: [1], .lossy(7), bothWays: true))
        #expect(try order("heal 1 2") == .path(from: [0], to: [1], nil, bothWays: true))
        #expect(try order(" heal ") == .healAll)
        #expect(try order("split 1,3 | 2 | 4") == .split([[0, 2], [1], [3]]))
        #expect(try order("restart 2 1.5s") == .restart([1], after: .milliseconds(1500)))
        #expect(try order("wait 2m 1,2") == .wait(.seconds(120), [0, 1]))
        #expect(try order("logins 0.5") == .logins(0.5))
        guard case .fault(let fault, let lasting) = try order(
            "fault drip rate=7 member=2 at=USER-LIST rows=3 count=2 for=500ms")
        else {
            Issue.record("no fault")
            return
        }
        #expect(fault.kind == .drip(bytesPerSecond: 7))
        #expect(fault.members == [1])
        #expect(fault.point == .command(.userList))
        #expect(fault.prefix == .rows(3))
        #expect(fault.count == 2)
        #expect(lasting == .milliseconds(500))
    }

    @Test(arguments: [
        ("", "a verb is missing"), ("bogus", "'bogus' is no verb: there are cut,"),
        ("cut 1", "a list of members is missing"), ("cut 1 5", "there is no member 5: they are 1 to 4"),
        ("cut 1 0", "there is no member 0"), ("cut 1 x", "'x' is no list of members like 1,3"),
        ("cut 1 2,", "'2,' is no list"), ("cut 1 1", "member 1 stands on both sides"),
        ("cut 1 2 3", "'3' is too much"), ("lose 1 2 0", "PERCENT can't be '0'"),
        ("split 1", "at least two groups"), ("split 1 2", "separated by ' | ', not by '2'"),
        ("split 1 | 1,2", "a member is in two groups"), ("restart 1 soon", "TIME can't be 'soon'"),
        ("restart 1 -1", "TIME can't be '-1'"), ("logins -1", "RATE can't be '-1'"),
        ("wait 999999999h", "TIME can't be"), ("clear x", "NUMBER can't be 'x'"),
        ("fault", "the kind of fault is missing"), ("fault bogus", "'bogus' is no kind of fault"),
        ("fault close x", "'x' is no KEY=VALUE"), ("fault close rate=5", "has no 'rate'"),
        ("fault close at=x", "at can't be 'x'"), ("fault close count=0", "count can't be '0'"),
        ("fault close count=1 count=2", "'count' is given twice"), ("fault text", "needs text=TEXT"),
        (#"fault text text=\q"#, "\\ needs one of"), (#"fault text text=\x4"#, "two hexadecimal digits"),
        ("fault drip rate=0", "rate can't be '0'"), ("fault close member=9", "there is no member 9"),
        ("fault close after=99999999999999999999", "after can't be"),
    ]) func whatIsWrongWithAnOrder(_ line: String, _ text: String) {
        #expect(refusal(line).contains(text), "\(refusal(line))")
    }

    @Test func scenarios() throws {
        let scenario = try Scenario(
            """
            # A ring of five, split for a while.
            members 5
            backend 192.0.2.11-192.0.2.12@blue=50
            users 10   # few
            at 10s split 1,2 | 3,4,5
            after 1m heal
            at 30s fault close count=1
            at 2m end\r
            """)
        let configuration = try scenario.settings.configuration()
        #expect(configuration.members.count == 5)
        #expect(configuration.backends.map(\.tag) == ["blue", "blue"])
        #expect(configuration.users == 10)
        #expect(scenario.steps.map(\.at) == [.seconds(10), .seconds(30), .seconds(70), .seconds(120)])
        #expect(scenario.steps.last?.order == .end)
    }

    @Test(arguments: [
        ("bogus 3", "line 1: 'bogus' is neither 'at' nor 'after' nor a setting"),
        ("\n\nmembers x", "line 3: members can't be 'x': give a number from 1 to"),
        ("members 2\nat 1s cut 1 3", "line 2: there is no member 3: they are 1 to 2"),
        ("at soon heal", "line 1: 'at' needs a time behind it"), ("at 5s", "line 1: a verb is missing"),
        ("at", "line 1: 'at' needs a time"), ("at 1s heal\nmembers 2", "line 2: settings stand before"),
        ("at 1s status", "line 1: 'status' is for ctl"), ("backend x", "line 1: backend can't be 'x'"),
        ("backend 192.0.2.9-192.0.2.1", "line 1: backend can't be"),
        ("version-of 2.4", "line 1: version-of can't be '2.4': give 2.1.0, 2.2.16, 2.2.19, 2.2.33, 2.3"),
        ("members 2000\nusers 20000000", "are too many: at most 20000000"),
        ("standalone\nmember 192.0.2.1", "a standalone director has no members"),
        ("member 192.0.2.1\nmember 192.0.2.1", "a member is listed twice"),
        ("user-expire 5s", "users expire after 10 s at the soonest"),
    ]) func whatIsWrongWithAScenario(_ text: String, _ reason: String) {
        do throws(Scenario.Invalid) {
            _ = try Scenario(text)
            Issue.record("it was understood")
        } catch {
            #expect(error.description.contains(reason), "\(error)")
        }
    }

    @Test func bytesThatAreNoScenario() {
        for text in ["\u{0}", "\u{fffd}\u{fffd}", String(repeating: "x", count: 100_000)] {
            #expect(throws: Scenario.Invalid.self) { try Scenario(text) }
        }
    }

    // MARK: Command lines

    @Test func commandLines() throws {
        guard case .run(let options) = try SimulatorFlags.parse(
            ["--members=4", "--users", "50", "--version-of", "2.2.16", "--standalone", "/tmp/x"])
        else {
            Issue.record("it doesn't run")
            return
        }
        #expect(options.directory == "/tmp/x")
        #expect(options.settings.version == .v2_2_16)
        guard case .control(let directory, let order) = try SimulatorFlags.parse(
            ["ctl", "/tmp/x", "split", "1 | 2"])
        else {
            Issue.record("it gives no order")
            return
        }
        #expect(directory == "/tmp/x")
        #expect(order == "split 1 | 2")
    }

    @Test(arguments: [
        ([], "a directory for the sockets is missing"), (["--bogus", "/x"], "unknown flag --bogus"),
        (["/x", "/y"], "'/y' is too much"), (["--members", "/x"], "--members can't be '/x'"),
        (["/x", "--members"], "--members needs a value"), (["-x"], "neither a flag nor a directory"),
        (["--members=1", "--members=2", "/x"], "--members is given twice"),
        (["--standalone=yes", "/x"], "--standalone takes no value"),
        (["--speed=0", "--play=f", "/x"], "--speed can't be '0'"),
        (["--speed=2", "/x"], "--speed and --loop are for --play"),
        (["--play=f", "--users=2", "/x"], "a recording is played as it is"),
        (["ctl"], "ctl needs"), (["ctl", "/x"], "ctl needs"),
    ]) func whatIsWrongWithACommandLine(_ arguments: [String], _ text: String) {
        do throws(SimulatorFlags.UsageError) {
            _ = try SimulatorFlags.parse(arguments)
            Issue.record("it was understood")
        } catch {
            #expect(error.description.contains(text), "\(error)")
        }
    }

    @Test func helpNamesEverything() {
        let help = SimulatorFlags.help
        for definition in RingSettings.definitions { #expect(help.contains("--\(definition.name)")) }
        for line in help.split(separator: "\n") { #expect(line.count <= 110, "\(line)") }
    }

    // MARK: Recordings

    private func file(_ name: String) throws -> [UInt8] {
        let url = try #require(
            Bundle.module.url(forResource: name, withExtension: "jsonl", subdirectory: "Recordings"))
        return Array(try Data(contentsOf: url))
    }

    /// Every answer comes at its time, with its times as old as they were.
    @Test(arguments: Recording.names) func playsRecordings(_ name: String) throws {
        let playback = try Playback(recording: file(name), began: Stage.start, speed: 1)
        var stage = Stage(playback)
        let recording = try Recording(named: name)
        var compared = 0
        for answer in recording.answers.sorted(by: { $0.time < $1.time }) where Int(answer.time) % 2 == 0 {
            // Members are asked one after the other: the last answer of each second is in force then.
            stage.advance(to: answer.time + 0.0005)
            guard let recorded = answer.reply else {
                #expect(stage.desk.availability(answer.director - 1) != .answers)
                continue
            }
            let reply = try Fixture.reply(stage.ask(answer.director, "HOST-LIST", "DIRECTOR-LIST"))
            #expect(reply.hosts.map(\.users) == recorded.hosts.map(\.users))
            #expect(reply.directors.count == recorded.directors.count)
            let ages = { (reply: AdminReply, now: Double) in
                reply.hosts.compactMap { $0.lastChange.map { Int(now) - Int($0) } }
            }
            let shift = Double(stage.desk.now.seconds) - Double(Int64(answer.epoch))
            #expect(ages(recorded, answer.epoch) == ages(reply, answer.epoch + shift))
            compared += 1
        }
        #expect(compared > 30)
    }

    @Test func playsFaster() throws {
        let playback = try Playback(recording: file("partition-1-of-3"), began: Stage.start, speed: 10)
        var stage = Stage(playback)
        stage.advance(to: 9)
        #expect(stage.view(1) == "ring synced - -")
        // Ten times as fast, and still a link is as silent as it was.
        stage.advance(to: 3)
        let rows = stage.rows(1, "DIRECTOR-LIST").filter { $0.count == 12 }
        for row in rows { #expect((0...130).contains(stage.desk.now.seconds - (Int64(row[10]) ?? 0))) }
    }

    @Test func aRecordingCanNotBeChanged() throws {
        let playback = try Playback(recording: file("crash"), began: Stage.start, speed: 1)
        var stage = Stage(playback)
        #expect(throws: Order.Invalid.self) { try stage.order("stop 1") }
        let id = stage.connect(1)
        stage.send("HOST-DOWN\t127.1.15.1\n", on: id)
        #expect(stage.hear(id).end == false)
        // Its faults can.
        try stage.order("fault close at=HOST-LIST")
        #expect(stage.ask(1, "HOST-LIST").isEmpty)
        // A connection doesn't outlive its director.
        let kept = stage.connect(2)
        _ = stage.hear(kept)
        stage.advance(to: 80)
        #expect(stage.hear(kept).end == false)
        #expect(stage.desk.availability(1) == .answers)
    }

    @Test(arguments: [
        ("", "line 1: the file is empty"), ("x", "line 1: no JSON: no value where one is expected"),
        ("{", "line 1: no JSON: a name is missing"), ("{}", "line 1: the first line needs"),
        (#"{"scenario": "x", "members": ["a"]}"#, "line 1: a member isn't written as IP:PORT"),
        (#"{"scenario": "x", "members": []}"#, "line 1: the first line needs"),
        ("HEAD\n{\"t\": 1}", "line 2: \"director\" isn't the number of a member"),
        ("HEAD\n{\"t\": -1, \"event\": \"x\"}", "line 2: \"t\""),
        ("HEAD\n{\"t\": 1e300, \"event\": \"x\"}", "line 2: \"t\""),
        ("HEAD\n{\"t\": 1, \"director\": 1.5, \"epoch\": 1}", "line 2: \"director\""),
        ("HEAD\n{\"t\": 1, \"director\": 1}", "line 2: \"epoch\""),
        ("HEAD\n{\"t\": 1, \"director\": 1, \"epoch\": 1}", "line 2: neither"),
        ("HEAD\n{\"t\": 1, \"director\": 1, \"epoch\": 1, \"hosts\": [1], \"directors\": []}", "line 2: neither"),
        ("HEAD\n[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "line 2: no JSON: it is nested too deeply"),
        ("HEAD\n{\"t\": 1, \"event\": \"\\u12\"}", "line 2: no JSON"),
        ("HEAD\n{\"t\": 1} x", "line 2: no JSON: something follows"),
    ]) func whatIsWrongWithARecording(_ text: String, _ reason: String) {
        let head = #"{"scenario": "x", "members": ["192.0.2.1:9090"], "about": "y"}"#
        let bytes = Array(text.replacingOccurrences(of: "HEAD", with: head).utf8)
        do throws(Playback.Invalid) {
            _ = try Playback(recording: bytes, began: Stage.start, speed: 1)
            Issue.record("it was understood")
        } catch {
            #expect(error.description.contains(reason), "\(error)")
        }
    }

    @Test func timesAreShifted() {
        #expect(Playback.shifted("a\t5\t0\t7", fields: [1, 2, 3], by: 10) == "a\t15\t0\t17")
        #expect(Playback.shifted("a\t9223372036854775807", fields: [1], by: 10) == "a\t0")
        #expect(Playback.shifted("a", fields: [5], by: 10) == "a")
    }
}
