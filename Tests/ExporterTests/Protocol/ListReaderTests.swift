import AdminProbe
import DirectorRing
import Testing

/// A list that is read after others is what it would have been alone.
@Suite struct ListReaderTests {
    private static let ring = "\n192.0.2.1\t9090\tself\t0\tring synced\t0\n\n"
    private static let rows = [
        "192.0.2.11\t100\t3\ta\tU\t1700000000", "192.0.2.11\t100\t4\ta\tU\t1700000000",
        "192.0.2.11\t100\t33\ta\tU\t1700000000", "192.0.2.12\t50\t5\t\tD\t0", "192.0.2.12\t50\t5",
        "2001:db8::5\t0\t0\tlonger-than-a-small-string\tU\t0", "2001:DB8::5\t0\t0\tb\tU\t0",
        "no row", "192.0.2.13\t1\t0\t\tX\t0", "\t", "192.0.2.14\t100\t7\t\tU\t0",
    ]

    @Test(arguments: [1, 5, 64, 4096])
    func listsInARow(_ size: Int) throws {
        var random = Dice(state: UInt64(size))
        var reader = AdminReplyReader()
        try reader.consume(Array(Fixture.greeting.utf8).span)
        var list = Array(Self.rows.prefix(3))
        var last: RingSnapshot?
        for _ in 0..<400 {
            for _ in 0..<Int.random(in: 0..<3, using: &random) { change(&list, &random) }
            let text = list.map { $0 + "\n" }.joined() + Self.ring
            let bytes = Array(text.utf8)
            reader.expectLists()
            for start in stride(from: 0, to: bytes.count, by: size) {
                try reader.consume(Array(bytes[start..<min(start + size, bytes.count)]).span)
            }
            let reply = reader.takeReply()
            let alone = try Fixture.reply(text)
            #expect(reply == alone, "\(list)")
            let snapshot = RingSnapshot(reply, after: last)
            #expect(snapshot == RingSnapshot(alone), "\(list)")
            last = snapshot
        }
    }

    /// A list that is too long to be kept for the next one is read as any other, each time.
    @Test func longLists() throws {
        var reader = AdminReplyReader()
        try reader.consume(Array(Fixture.greeting.utf8).span)
        let row = "192.0.2.11\t100\t3\t" + String(repeating: "a", count: 4000) + "\tU\t1700000000\n"
        let list = String(repeating: row, count: 2200)
        for text in [list, list, "192.0.2.12\t50\t5\n" + list, Self.rows[0] + "\n", list] {
            reader.expectLists()
            try reader.consume(Array((text + Self.ring).utf8).span)
            #expect(try reader.takeReply() == Fixture.reply(text + Self.ring))
        }
    }

    private func change(_ list: inout [String], _ random: inout Dice) {
        let row = Self.rows[Int.random(in: Self.rows.indices, using: &random)]
        let place = Int.random(in: 0...list.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: list.insert(row, at: place)
        case 1 where place < list.count: list.remove(at: place)
        case 2 where place < list.count: list[place] = row
        case 3: list.sort()
        default: break
        }
    }
}
