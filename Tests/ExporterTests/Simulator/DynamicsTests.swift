import AdminProbe
import Foundation
import Testing

@testable import SimulatedDirector

/// A simulated ring takes the course that real ones took.
@Suite struct DynamicsTests {
    /// How long a view lasted, in seconds since the start.
    struct Run: Equatable {
        var view: String
        var from: Double
        var to: Double
    }

    private func add(_ view: String, at time: Double, to runs: inout [Run]) {
        if runs.last?.view == view {
            runs[runs.count - 1].to = time
        } else {
            runs.append(Run(view: view, from: time, to: time))
        }
    }

    /// Views that lasted: what is seen for a few seconds alone depends on when one looks.
    private func lasting(_ runs: [Run]) -> [Run] {
        var result: [Run] = []
        for run in runs where run.to - run.from >= 5 {
            if result.last?.view == run.view {
                result[result.count - 1].to = run.to
            } else {
                result.append(run)
            }
        }
        return result
    }

    private func playback(_ name: String) throws -> Playback {
        let url = try #require(
            Bundle.module.url(forResource: name, withExtension: "jsonl", subdirectory: "Recordings"))
        return try Playback(recording: Array(Data(contentsOf: url)), began: Stage.start, speed: 1)
    }

    private func order(_ event: String) -> [String] {
        let words = event.split(separator: " ").map(String.init)
        switch words[0] {
        case "cut": return ["split \(words[1]) | \(words[3])"]
        case "stop", "start": return [event]
        // A real restart took about four seconds.
        case "restart": return ["restart \(words[1]) 4s"]
        case "SIGSTOP": return ["hang \(words[1])"]
        case "SIGCONT": return ["resume \(words[1])"]
        case "heal": return ["heal"]
        default: return []
        }
    }

    @Test(arguments: [
        "partition-1-of-3", "partition-2-members", "partition-interleaved-4", "hung-member", "crash",
        "rolling-restart", "ring-change",
    ]) func asRecorded(_ name: String) throws {
        let recording = try playback(name)
        var stage = try Stage(recording.members.map { ("member", "\($0)") } + [("users", "120"), ("logins", "0")])
        let size = recording.members.count
        var recorded = Array(repeating: [Run](), count: size)
        var simulated = recorded
        for (index, samples) in recording.samples.enumerated() {
            for sample in samples {
                let view: String
                switch sample.content {
                case .lists(_, let directors):
                    view = Stage.view(
                        directors.map {
                            $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
                        }, of: recording.members)
                case .failure(let availability): view = "\(availability)"
                }
                add(view, at: sample.at.inSeconds, to: &recorded[index])
            }
        }
        var events = recording.events[...]
        let healed = events.dropLast().last?.at.inSeconds ?? 0
        for second in 0..<Int(recording.length.inSeconds) {
            while let event = events.first, event.at.inSeconds <= Double(second) {
                events.removeFirst()
                stage.advance(to: event.at.inSeconds)
                for line in order(event.text) { try stage.order(line) }
                let member = recording.members[size - 1]
                let (address, port) = (member.address, member.port)
                if event.text.hasPrefix("ring remove") {
                    let id = stage.connect(1)
                    stage.send("DIRECTOR-REMOVE\t\(address)\t\(port)\n", on: id)
                    _ = stage.hear(id)
                } else if event.text.hasPrefix("ring add") {
                    #expect(stage.ask(1, "DIRECTOR-ADD\t\(address)\t\(port)") == "OK\n")
                }
            }
            stage.advance(to: Double(second) + 0.5)
            for index in 0..<size { add(stage.view(index + 1), at: Double(second), to: &simulated[index]) }
        }
        for index in 0..<size {
            let expected = lasting(recorded[index])
            let found = lasting(simulated[index])
            #expect(
                expected.map(\.view) == found.map(\.view),
                "member \(index + 1): recorded \(expected), simulated \(found)")
            guard expected.count == found.count else { continue }
            for (expected, found) in zip(expected, found) {
                // Around the heal it counts when the last retry was.
                let tolerance = expected.from >= healed ? 45.0 : 6.0
                #expect(
                    abs(expected.from - found.from) <= tolerance,
                    "member \(index + 1): recorded \(expected), simulated \(found)")
            }
        }
    }

    /// The rows of a cut ring as Dovecot has them: silence first, then a pending connect.
    @Test func silenceShowsInTheRows() throws {
        var stage = try Stage()
        try stage.order("cut 1 2,3")
        stage.advance(to: 25)
        let link = try #require(stage.rows(2, "DIRECTOR-LIST").first { $0[2] == "left" })
        #expect(link[4] == "synced")
        let now = stage.desk.now.seconds
        #expect(now - (Int64(link[10]) ?? 0) == 27)
        #expect(now - (Int64(link[11]) ?? 0) == 12)
        stage.advance(to: 46)
        let attempt = try #require(stage.rows(1, "DIRECTOR-LIST").first { $0[2] == "out" })
        #expect(Array(attempt[4...]) == ["handshaking - 0 USERs sent", "0", "0", "0", "0", "0", "0", "0"])
    }

    @Test func resetsSplitSoon() throws {
        var stage = try Stage()
        try stage.order("reset 1 2,3")
        stage.advance(to: 45)
        #expect(stage.view(2) == "ring synced 3 3")
        #expect(stage.view(3) == "ring synced 2 2")
        stage.advance(to: 60)
        #expect(stage.view(1) == "ring synced - -")
    }

    /// A stopped machine still acknowledges: what was sent arrives when the process goes on.
    @Test func aShortHangIsForgiven() throws {
        var stage = try Stage()
        try stage.order("hang 2")
        stage.advance(to: 20)
        #expect(stage.view(2) == "silent")
        try stage.order("resume 2")
        stage.advance(to: 21)
        #expect(stage.view(2) == "ring synced 1 3")
        let rows = stage.rows(1, "DIRECTOR-LIST").filter { $0.count == 12 }
        #expect(rows.allSatisfy { $0[4] == "synced" })
        // The answer to the PING took as long as the process stood still.
        #expect(rows.contains { $0[2] == "right" && (4_000...8_000).contains(Int($0[5]) ?? 0) })
    }

    @Test func lossIsMostlyHarmless() throws {
        var stage = try Stage([("members", "4")])
        try stage.order("lose 1,2 3,4 20")
        stage.advance(to: 120)
        for member in 1...4 { #expect(stage.view(member).hasPrefix("ring synced ")) }
    }

    @Test func oneWayIsEnoughToSplit() throws {
        var stage = try Stage()
        try stage.order("cut-one-way 1 2,3")
        stage.advance(to: 100)
        #expect(stage.view(2) == "ring synced 3 3")
        try stage.order("heal")
        stage.advance(to: 190)
        for member in 1...3 { #expect(stage.desk.complaint(nil) == nil, "member \(member)") }
    }

    /// Whatever is done to it, a ring that is left alone becomes whole again, and all agree.
    @Test(arguments: 1...8) func itAlwaysMends(_ seed: Int) throws {
        var random = RandomNumbers(seed: UInt64(seed))
        let size = 2 + seed % 6
        var stage = try Stage([("members", "\(size)"), ("users", "50"), ("seed", "\(seed)")])
        for _ in 0..<25 {
            let member = Int(random.next() % UInt64(size)) + 1
            let other = member % size + 1
            let orders = [
                "cut \(member) \(other)", "reset \(member) \(other)", "stop \(member)", "start \(member)",
                "crash \(member)", "hang \(member)", "resume \(member)", "restart \(member) 2s", "heal",
                "lose \(member) \(other) 50", "cut-one-way \(member) \(other)",
            ]
            try stage.order(orders[Int(random.next() % UInt64(orders.count))])
            let host = "198.51.100.\(random.next() % 6 + 1)"
            if random.next() % 2 == 0, stage.desk.availability(member - 1) == .answers {
                let verb = ["HOST-DOWN", "HOST-UP", "HOST-FLUSH"][Int(random.next() % 3)]
                _ = stage.ask(member, "\(verb)\t\(host)")
            }
            stage.advance(by: Double(random.next() % 40_000) / 1000)
        }
        try stage.order("heal")
        for member in 1...size {
            try stage.order("resume \(member)")
            try stage.order("start \(member)")
        }
        stage.advance(by: 300)
        #expect(stage.desk.complaint(nil) == nil)
        // Nothing goes around and around.
        #expect(stage.desk.ring.map { $0.eventCount < 200_000 } == true)
        let views = Set(
            (1...size).map { member in
                stage.rows(member, "HOST-LIST").map { $0[0] + $0[1] + $0[3] + $0[4] }.joined(separator: " ")
            })
        #expect(views.count == 1)
    }

    /// Bytes that one side has sent are those that the other has received.
    @Test func countersAgree() throws {
        var stage = try Stage([("users", "100"), ("logins", "20")])
        try stage.order("restart 2 1s")
        stage.advance(to: 30)
        try stage.order("logins 0")
        stage.advance(to: 31)
        func link(_ member: Int, _ type: String) -> (read: String, sent: String) {
            let row = stage.rows(member, "DIRECTOR-LIST").first { $0.count == 12 && $0[2] == type }
            return (row?[6] ?? "", row?[7] ?? "")
        }
        for member in 1...3 {
            let right = link(member, "right")
            let left = link(member % 3 + 1, "left")
            #expect(right.sent == left.read)
            #expect(right.read == left.sent)
            #expect(Int(right.sent) ?? 0 > 1000)
        }
    }

    @Test func aLargeRingStaysWhole() throws {
        var stage = try Stage([("members", "80")])
        stage.advance(to: 60)
        #expect(stage.desk.complaint(nil) == nil)
        #expect(stage.ask(40, "HOST-DOWN\t198.51.100.1").isEmpty)
        stage.advance(by: 1)
        for member in [1, 40, 80] { #expect(stage.rows(member, "HOST-LIST")[0][4] == "D") }
    }

    @Test func alone() throws {
        var stage = try Stage([("standalone", "")])
        #expect(stage.ask(1, "DIRECTOR-LIST") == "127.0.0.1\t0\tself\t0\tring synced\t0\n\n")
        #expect(stage.ask(1, "HOST-UPDATE\t198.51.100.1\t5") == "OK\n")
    }
}
