internal import AdminProbe
internal import DirectorExporter
internal import DirectorRing

extension FuzzTarget {
    private static let showcase = Showcase()

    /// The first byte says how the others are cut into pieces.
    static func admin(_ bytes: [UInt8]) throws(FuzzFinding) {
        guard let seed = bytes.first else { return }
        let stream = bytes.dropFirst()
        // Byte by byte first: that tells where answers end.
        let single = AdminAnswer(stream.map { [$0] })
        var pieces: [[UInt8]] = []
        var start = stream.startIndex
        for end in single.ends.map({ stream.startIndex + $0 }) + [stream.endIndex] {
            var fragments = Fragments(stream[start..<end], seed: seed)
            while let piece = fragments.next() { pieces.append(piece) }
            start = end
        }
        let cut = AdminAnswer(pieces)
        try expect(single.replies == cut.replies, "pieces change what is read")
        try expect(single.fault == cut.fault, "pieces change the fault: \(single) and \(cut)")
        try expectSameAlone(single, stream)
        var polls = Polls()
        for reply in single.replies { try follow(reply, &polls) }
    }

    /// An answer that is read after others is what it would have been alone.
    private static func expectSameAlone(
        _ answer: AdminAnswer, _ stream: ArraySlice<UInt8>
    ) throws(FuzzFinding) {
        guard let greeting = answer.ends.first else { return }
        var start = greeting
        for (reply, end) in zip(answer.replies, answer.ends.dropFirst()) {
            let pieces = [Array(stream.prefix(greeting)), Array(stream.dropFirst(start).prefix(end - start))]
            try expect(AdminAnswer(pieces).replies == [reply], "an earlier answer changes what is read")
            start = end
        }
    }

    /// What is kept from poll to poll.
    private struct Polls {
        var pages = FuzzTarget.showcase.pages()
        var tracker = EventTracker(makeID: { "0" })
        var removed: Set<Member> = []
        var last: RingSnapshot?
    }

    /// What a poll does with a reply.
    private static func follow(_ reply: AdminReply, _ polls: inout Polls) throws(FuzzFinding) {
        let snapshot = RingSnapshot(reply, beingRemoved: polls.removed, after: polls.last)
        try expect(
            snapshot == RingSnapshot(reply, beingRemoved: polls.removed),
            "the snapshot before changes this one")
        polls.last = snapshot
        polls.removed = snapshot.membersBeingRemoved
        let keys = snapshot.backends.map(\.key)
        try expect(zip(keys, keys.dropFirst()).allSatisfy { $0 < $1 }, "backends aren't sorted")
        let order = snapshot.order
        try expect(zip(order, order.dropFirst()).allSatisfy { $0 < $1 }, "members aren't sorted")
        try expect(
            Set(order).isSubset(of: Set(snapshot.members.map(\.member))),
            "the order has members that nobody knows")

        let instant = EventTracker.Instant(wall: 1_795_000_000, monotonic: MonotonicTime(nanoseconds: 0))
        // The first view is taken as it is; what is silent in it becomes an event at the second.
        _ = polls.tracker.observe(snapshot, connectionEnded: true, at: instant)
        _ = polls.tracker.observe(snapshot, connectionEnded: false, at: instant)
        let again = polls.tracker.observe(snapshot, connectionEnded: false, at: instant)
        try expect(again.isEmpty, "the same view once more has events: \(again)")

        // More points would tell nothing more, and each takes a hash.
        let points = reply.hosts.reduce(0) { $0 + UInt64($1.vhosts) }
        let shares = points <= 256 ? HashShares(reply.hosts) : nil
        if let shares {
            try expect(shares.values.count == snapshot.backends.count, "shares and backends differ")
            try expect(
                shares.values.allSatisfy { $0 >= 0 && $0 <= 1.000_001 }, "a share is none: \(shares)")
        }
        let page = polls.pages.next(snapshot, hashShares: shares)
        try expect(
            page == showcase.page(of: snapshot, hashShares: shares),
            "the page before changes this one")
        _ = try ExpositionPage(page)
    }
}

/// What a reader makes of a stream that comes in pieces, when each question is asked as soon as the
/// one before is answered.
private struct AdminAnswer: CustomStringConvertible {
    private(set) var replies: [AdminReply] = []
    private(set) var fault: AdminFault?
    /// How many bytes had been read when the greeting and each answer was whole.
    private(set) var ends: [Int] = []

    init(_ pieces: [[UInt8]]) {
        var limits = AdminReplyReader.Limits()
        // Small, so that inputs come up to them.
        limits.line = 256
        limits.reply = 2048
        var reader = AdminReplyReader(limits: limits)
        var count = 0
        do throws(AdminFault) {
            for piece in pieces {
                try reader.consume(piece.span)
                count += piece.count
                switch reader.state {
                case .greeting, .hosts, .directors: continue
                case .idle: break
                case .finished: replies.append(reader.takeReply())
                }
                ends.append(count)
                reader.expectLists()
            }
        } catch {
            fault = error
        }
    }

    var description: String {
        "\(replies.count) replies, " + (fault.map { "\($0.reason): \($0.message)" } ?? "no fault")
    }
}
