import AdminProbe
import Testing

@Suite struct ReplyReaderTests {
    /// Feeds bytes in pieces of at most `size`.
    private func read(_ text: String, inPiecesOf size: Int) throws -> AdminReply {
        var reader = AdminReplyReader()
        try reader.consume(Array(Fixture.greeting.utf8).span)
        reader.expectLists()
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            try reader.consume(Array(bytes[start..<min(start + size, bytes.count)]).span)
        }
        #expect(reader.state == .finished)
        return reader.takeReply()
    }

    @Test(arguments: Fixture.all, [1, 2, 3, 7, 64, 4096])
    func fragmentationDoesNotMatter(_ text: String, _ size: Int) throws {
        #expect(try read(text, inPiecesOf: size) == Fixture.reply(text))
    }

    @Test func oneReaderServesManyPolls() throws {
        var reader = AdminReplyReader()
        try reader.consume(Array(Fixture.greeting.utf8).span)
        for text in Fixture.all {
            reader.expectLists()
            try reader.consume(Array(text.utf8).span)
            #expect(try reader.takeReply() == Fixture.reply(text))
        }
    }

    @Test func oldestVersion() throws {
        let reply = try Fixture.reply(Fixture.v2_1_0)
        #expect(reply.hosts.map(\.vhosts) == [100, 0])
        #expect(reply.hosts.map(\.isUp) == [nil, nil])
        #expect(
            reply.directors == [
                .own(OwnRow(member: Fixture.member("192.0.2.1:9090"))),
                .connection(
                    ConnectionRow(
                        member: Fixture.member("192.0.2.2:9090"), lastFailure: 1_400_000_000,
                        kind: .both)),
            ])
    }

    @Test func newestVersion() throws {
        let reply = try Fixture.reply(Fixture.v2_3)
        #expect(reply.hosts.map(\.tag) == ["", "t\tab", "blue"])
        #expect(reply.hosts.map(\.isUp) == [true, false, true])
        #expect(reply.hosts.map(\.lastChange) == [1_700_000_000, nil, nil])
        #expect(reply.directors.count == 7)
        #expect(reply.directors.first == .anonymous)
        #expect(
            reply.directors[1]
                == .own(
                    OwnRow(
                        member: Fixture.member("192.0.2.1"), status: .syncing(seconds: 3),
                        lastSyncMilliseconds: 17)))
        guard case .connection(let right) = reply.directors[2] else {
            Issue.record("no connection row")
            return
        }
        #expect(right.traffic?.bytesReceived == 860)
        #expect(right.traffic?.bytesSent == 16274)
        #expect(right.traffic?.pingMilliseconds == 2)
        #expect(right.traffic?.lastInput == 1_700_000_090)
        #expect(reply.rejectedHosts + reply.rejectedDirectors == 0)
    }

    @Test(arguments: [
        "VERSION\tdirector-doveadm\t2\t0\n", "VERSION\tdirector\t1\t0\n", "\n", "220 hello\n",
        "VERSION\tdirector-doveadm\t1\n", "VERSION\tdirector-doveadm\t1\tx\n",
        "VERSION\tdirector-doveadm\t1\t-1\n", "VERSION director-doveadm 1 0\n",
    ])
    func refusesOtherGreetings(_ text: String) {
        var reader = AdminReplyReader()
        #expect {
            try reader.consume(Array(text.utf8).span)
        } throws: { ($0 as? AdminFault)?.reason == .handshake }
    }

    /// What the other side says is shown to people: it must not move their cursor.
    @Test func aGreetingOfControlBytesIsShownWithoutThem() {
        var reader = AdminReplyReader()
        #expect {
            try reader.consume(Array("a\u{1b}[2Jb\rc\u{7f}\u{9b}d\n".utf8).span)
        } throws: { error in
            (error as? AdminFault)?.message.hasSuffix(": a\u{fffd}[2Jb\u{fffd}c\u{fffd}\u{fffd}d") == true
        }
    }

    @Test func laterMinorVersionIsFine() throws {
        var reader = AdminReplyReader()
        try reader.consume(Array("VERSION\tdirector-doveadm\t1\t7\n".utf8).span)
        #expect(reader.state == .idle)
    }

    @Test(arguments: [
        // Hosts: too few fields, no address, no number, too large, unknown state, broken tag.
        ("192.0.2.1\t100\n", 1, 0), ("host\t100\t1\n", 1, 0), ("192.0.2.1\tx\t1\n", 1, 0),
        ("192.0.2.1\t4294967296\t1\n", 1, 0), ("192.0.2.1\t-1\t1\n", 1, 0),
        ("192.0.2.1\t1\t1\t\tX\t0\n", 1, 0), ("192.0.2.1\t1\t1\t\tU\tsoon\n", 1, 0),
        ("192.0.2.1\t1\t1\t\tU\t0\tmore\n", 0, 1), ("192.0.2.1\t1\t1\t\n", 0, 1),
        ("192.0.2.1\t1\t1\t\tD\t-5\n", 0, 1),
    ])
    func hostRowsStandAlone(_ row: String, _ rejected: Int, _ accepted: Int) throws {
        let reply = try Fixture.reply("192.0.2.9\t1\t1\n" + row + "\n\n")
        #expect(reply.rejectedHosts == rejected)
        #expect(reply.hosts.count == 1 + accepted)
    }

    @Test(arguments: [
        ("192.0.2.1\t9090\tself\n", 1), ("192.0.2.1\t65536\tself\t0\n", 1),
        ("192.0.2.1\t9090\tfriend\t0\n", 1), ("192.0.2.1\t9090\tleft\t0\tsynced\t0\n", 1),
        ("192.0.2.1\t9090\tleft\tnever\n", 1), ("x\t9090\tleft\t0\n", 1),
        ("192.0.2.1\t9090\tleft\t0\tsynced\t0\t1\t2\t0\t0\t0\t99999999999999999999\n", 1),
        ("handshaking - 0 USERs received\t0\t1\t2\n", 1),
        ("192.0.2.1\t9090\tself\t0\tring synced\t0\tnew\tfields\n", 0),
        ("192.0.2.1\t9090\tleft\t0\tsynced\t0\t1\t2\t0\t0\t0\t0\tnew\n", 0),
        ("192.0.2.1\t0\tself\t0\tring synced\t0\n", 0), ("192.0.2.1\t9090\t\t0\n", 0),
    ])
    func directorRowsStandAlone(_ row: String, _ rejected: Int) throws {
        let reply = try Fixture.reply("\n192.0.2.9\t9090\t\t0\t\n" + row + "\n")
        #expect(reply.rejectedDirectors == rejected)
        #expect(reply.directors.count == 2 - rejected)
    }

    @Test func tagThatIsNoTextRejectsItsRow() throws {
        var reader = AdminReplyReader()
        try reader.consume(Array(Fixture.greeting.utf8).span)
        reader.expectLists()
        try reader.consume(
            (Array("192.0.2.1\t1\t1\t".utf8) + [0xff, 0xfe] + Array("\n192.0.2.2\t1\t1\n\n\n".utf8))
                .span)
        let reply = reader.takeReply()
        #expect(reply.rejectedHosts == 1)
        #expect(reply.hosts.map(\.wireAddress) == ["192.0.2.2"])
    }

    @Test func longLinesAndListsEndTheAnswer() throws {
        func fault(_ text: String, _ limits: AdminReplyReader.Limits) -> AdminFault.Reason? {
            var reader = AdminReplyReader(limits: limits)
            do {
                try reader.consume(Array(Fixture.greeting.utf8).span)
                reader.expectLists()
                try reader.consume(Array(text.utf8).span)
                return nil
            } catch {
                return error.reason
            }
        }
        let limits = AdminReplyReader.Limits()
        #expect(limits.line == 8 * 1024)
        #expect(limits.reply == 16 * 1024 * 1024)
        #expect(fault(String(repeating: "x", count: limits.line), limits) == nil)
        #expect(fault(String(repeating: "x", count: limits.line + 1), limits) == .protocol)
        var small = limits
        small.reply = 100
        #expect(fault(String(repeating: "192.0.2.1\t1\t1\n", count: 7), small) == nil)
        #expect(fault(String(repeating: "192.0.2.1\t1\t1\n", count: 8), small) == .protocol)
    }

    @Test func unaskedBytesAreAFault() throws {
        var reader = AdminReplyReader()
        #expect {
            try reader.consume(Array((Fixture.greeting + "x").utf8).span)
        } throws: { ($0 as? AdminFault)?.reason == .protocol }

        reader = AdminReplyReader()
        try reader.consume(Array(Fixture.greeting.utf8).span)
        reader.expectLists()
        #expect {
            try reader.consume(Array((Fixture.standalone + "OK\n").utf8).span)
        } throws: { ($0 as? AdminFault)?.reason == .protocol }
    }

    /// Broken answers never trap: every prefix and every changed byte of a real one.
    @Test func survivesDamage() throws {
        let bytes = Array(Fixture.v2_3.utf8)
        for index in bytes.indices {
            for replacement: UInt8 in [0, 0x01, 0x09, 0x0a, 0x20, 0x2d, 0x39, 0x80, 0xff] {
                var damaged = bytes
                damaged[index] = replacement
                var reader = AdminReplyReader()
                try reader.consume(Array(Fixture.greeting.utf8).span)
                reader.expectLists()
                do {
                    try reader.consume(damaged.span)
                } catch {
                    #expect(error.reason == .protocol)
                }
            }
        }
    }
}
