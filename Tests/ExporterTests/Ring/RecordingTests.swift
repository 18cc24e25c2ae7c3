import AdminProbe
import DirectorRing
import Testing

@Suite struct RecordingTests {
    /// The events of one director, as `TIME kind …`.
    private func events(_ recording: Recording, of director: Int) -> [(time: Double, text: String)]
    {
        var tracker = EventTracker(makeID: { "0" })
        var removed: Set<Member> = []
        var ended = true
        var result: [(time: Double, text: String)] = []
        for answer in recording.answers where answer.director == director {
            let instant = EventTracker.Instant(
                wall: answer.epoch, monotonic: MonotonicTime(nanoseconds: Int64(answer.time * 1e9)))
            var events: [RingEvent]
            if let reply = answer.reply {
                let snapshot = RingSnapshot(reply, beingRemoved: removed)
                removed = snapshot.membersBeingRemoved
                events = tracker.observe(snapshot, connectionEnded: ended, at: instant)
                ended = false
            } else {
                events = tracker.observeFailure(at: instant)
                ended = true
            }
            result += events.map { (answer.time, TrackerBench.text($0)) }
        }
        return result
    }

    @Test(arguments: Recording.names)
    func everyRowIsRead(_ name: String) throws {
        let recording = try Recording(named: name)
        #expect(recording.answers.count > 50)
        for answer in recording.answers {
            guard let reply = answer.reply else { continue }
            #expect(reply.rejectedHosts + reply.rejectedDirectors == 0)
            let snapshot = RingSnapshot(reply)
            #expect(snapshot.ownMember == recording.members[answer.director - 1])
        }
    }

    /// Before the fault the ring is whole, whatever its size.
    @Test(arguments: Recording.names)
    func ringIsWholeAtFirst(_ name: String) throws {
        let recording = try Recording(named: name)
        for answer in recording.answers where answer.time == 0 {
            let snapshot = RingSnapshot(try #require(answer.reply))
            #expect(snapshot.order == recording.members)
            #expect(snapshot.left == snapshot.expected?.left)
            #expect(snapshot.right == snapshot.expected?.right)
            #expect(snapshot.isSynced == true)
            #expect(snapshot.isIsolated == false)
        }
        let digests = try recording.answers.filter { $0.time == 0 }.map {
            RingSnapshot(try #require($0.reply)).membersDigest
        }
        #expect(Set(digests).count == 1)
    }

    /// The trap: from t = 53 on every link and both rings say `synced`, and nobody is linked to the
    /// neighbour that the order demands.
    @Test func interleavedSplitIsSeenByTheOrderAlone() throws {
        let recording = try Recording(named: "partition-interleaved-4")
        for answer in recording.answers where (60...80).contains(answer.time) {
            let snapshot = RingSnapshot(try #require(answer.reply))
            #expect(snapshot.isSynced == true)
            #expect(snapshot.isIsolated == false)
            #expect(snapshot.left != snapshot.expected?.left)
            #expect(snapshot.right != snapshot.expected?.right)
        }
    }

    @Test func partitionOfOneFromThree() throws {
        let recording = try Recording(named: "partition-1-of-3")
        let texts = events(recording, of: 1).map(\.text)
        for expected in [
            "link_silent 127.0.11.2:9090 right", "link_silent 127.0.11.3:9090 left",
            "link_down 127.0.11.2:9090 right 127.0.11.2:9090>",
            "link_down 127.0.11.3:9090 left 127.0.11.3:9090>", "ring_isolated", "ring_unsynced",
            "ring_synced", "ring_rejoined",
        ] { #expect(texts.contains(expected)) }
        #expect(texts.filter { $0 == "ring_isolated" }.count == 1)
        // Nobody left, whatever the network does.
        #expect(!texts.contains { $0.hasPrefix("member_") || $0.hasPrefix("director_un") })
        let silent = try #require(
            events(recording, of: 1).first { $0.text.hasPrefix("link_silent") })
        // Cut at 10, the last input came between -5 and 10.
        #expect((15...31).contains(silent.time))
    }

    @Test func ringChangeIsToldByWhoStays() throws {
        let recording = try Recording(named: "ring-change")
        for director in 1...3 {
            let changes = events(recording, of: director).filter { $0.text.hasPrefix("member_") }
            #expect(
                changes.map(\.text)
                    == ["member_removed 127.0.17.4:9090", "member_added 127.0.17.4:9090"])
            #expect(changes.map { Int($0.time) } == [11, 70])
        }
    }

    @Test func crashedMember() throws {
        let recording = try Recording(named: "crash")
        let texts = events(recording, of: 2).map(\.text)
        #expect(texts.filter { $0 == "director_unreachable" }.count == 1)
        #expect(texts.filter { $0 == "director_reachable" }.count == 2)
        #expect(texts.filter { $0 == "director_restarted" }.count == 1)
        #expect(!events(recording, of: 1).contains { $0.text.hasPrefix("director_res") })
    }

    @Test func rollingRestartIsToldAtEachMember() throws {
        let recording = try Recording(named: "rolling-restart")
        for director in 1...4 {
            let texts = events(recording, of: director).map(\.text)
            #expect(texts.filter { $0 == "director_restarted" }.count == 1)
            #expect(!texts.contains { $0.hasPrefix("member_") || $0.hasPrefix("backend_") })
            #expect(!texts.contains { $0.hasPrefix("link_reset") })
        }
    }

    @Test func backendsGoThroughEverything() throws {
        let recording = try Recording(named: "backends")
        for director in 1...2 {
            #expect(
                events(recording, of: director).map(\.text).dropFirst() == [
                    "backend_down 127.1.18.1 up>down", "backend_vhosts_changed 127.1.18.2 100>0",
                    "backend_removed 127.1.18.3 up>", "backend_added 127.1.18.30@blue >up",
                    "backend_up 127.1.18.1 down>up",
                ])
        }
    }
}
