import AdminProbe
import DirectorRing
import Testing

@Suite struct HashRingTests {
    private func rows(_ texts: String...) throws -> [HostRow] {
        try Fixture.reply(hosts: texts, directors: []).hosts
    }

    static let digests: [(String, UInt32)] = [
        ("", 0xd41d_8cd9), ("a", 0x0cc1_75b9), ("abc", 0x9001_5098),
        ("message digest", 0xf96b_697d),
        ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 0xd174_ab98),
        (String(repeating: "1234567890", count: 8), 0x57ed_f4a2),
        (String(repeating: "x", count: 55), 0x0436_4420), (String(repeating: "x", count: 56), 0x668a_72d5),
        (String(repeating: "x", count: 64), 0xc1bb_4f81),
    ]

    @Test(arguments: digests)
    func firstWords(_ text: String, _ word: UInt32) {
        var md5 = MD5()
        md5.update(text.utf8)
        #expect(md5.firstWord() == word)
    }

    @Test func userHashes() {
        #expect(HashRing.hash(of: "user@example.com") == 3_045_693_125)
        #expect(HashRing.hash(of: "test") == 160_394_189)
    }

    @Test func sharesAddUpAndAgreeWithLookups() throws {
        let rows = try rows(
            "10.1.0.1\t100\t0\t\tU\t0", "10.1.0.2\t50\t0\t\tU\t0", "10.1.0.3\t100\t0\t\tD\t0",
            "10.1.0.4\t0\t0\t\tU\t0")
        let ring = HashRing(rows)
        let shares = ring.shares()
        #expect((shares.reduce(0, +) - 1).magnitude < 1e-12)
        #expect(shares[2] == 0 && shares[3] == 0)
        var hits = [0.0, 0.0, 0.0, 0.0]
        let step = 4_294_967_296 / 200_000
        for sample in 0..<200_000 {
            let row = try #require(ring.row(for: UInt32(sample * step + 7)))
            hits[row] += 1 / 200_000
        }
        for (share, hit) in zip(shares, hits) { #expect((share - hit).magnitude < 0.001) }
    }

    @Test func nobodyUp() throws {
        let ring = HashRing(try rows("10.1.0.1\t100\t0\t\tD\t0"))
        #expect(ring.row(for: 5) == nil)
        #expect(ring.shares() == [0])
    }

    @Test func sharesAreByTagAndInTheSnapshotsOrder() throws {
        let hosts = [
            "10.1.0.2\t100\t0\t\tU\t0", "10.1.0.1\t100\t0\tblue\tU\t0",
            "10.1.0.1\t60\t0\t\tU\t0", "10.1.0.1\t40\t0\t\tD\t0", "2001:db8::1\t10\t0\tred\tU\t0",
        ]
        let reply = try Fixture.reply(hosts: hosts, directors: [])
        let snapshot = RingSnapshot(reply)
        let shares = try #require(HashShares(reply.hosts)).values
        #expect(shares.count == snapshot.backends.count)
        #expect(snapshot.backends.map(\.key.tag) == ["", "blue", "", "red"])
        #expect(shares[1] == 1 && shares[3] == 1)
        #expect((shares[0] + shares[2] - 1).magnitude < 1e-12)
        #expect(shares[0] < shares[2])
    }

    @Test func tooManyPoints() throws {
        #expect(HashShares(try rows("10.1.0.1\t10000001\t0\t\tU\t0")) == nil)
        // Drained and down backends have none.
        #expect(HashShares(try rows("10.1.0.1\t4294967295\t0\t\tD\t0")) != nil)
    }
}
