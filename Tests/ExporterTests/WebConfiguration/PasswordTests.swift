import AdminProbe
import Foundation
import NIOCore
import NIOPosix
import Testing
import WebConfiguration

@testable import DirectorExporter

@Suite struct PasswordTests {
    /// Made by htpasswd, of `pass wörd:1`.
    static let ours = "$2y$04$osRoQPbFcc9c17.q1Cdum.ZkmmAXI36H/87PqFeX29tMsOLpOCV2K"

    @Test func versions() throws {
        for version in ["2a", "2b", "2y"] {
            let hash = try BcryptHash(Self.ours.replacingOccurrences(of: "$2y", with: "$\(version)"))
            #expect(PasswordHasher.verify(Array("pass wörd:1".utf8), hash))
            #expect(!PasswordHasher.verify(Array("pass wörd:2".utf8), hash))
            #expect(!PasswordHasher.verify([], hash))
            // The C library would see the right one here.
            #expect(!PasswordHasher.verify(Array("pass wörd:1\0x".utf8), hash))
        }
    }

    /// Of crypt_blowfish's own tests.
    @Test(arguments: [
        ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        ("", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"),
        (
            "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                + "chars after 72 are ignored",
            "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui"
        ),
    ])
    func knownHashes(_ password: String, _ hash: String) throws {
        #expect(PasswordHasher.verify(Array(password.utf8), try BcryptHash(hash)))
        #expect(!PasswordHasher.verify(Array(("x" + password).utf8), try BcryptHash(hash)))
    }

    @Test func constantTimeComparison() {
        #expect(PasswordHasher.isEqual([1, 2, 3], [1, 2, 3]))
        #expect(!PasswordHasher.isEqual([1, 2, 3], [1, 2, 4]))
        #expect(!PasswordHasher.isEqual([1, 2, 3], [1, 2]))
    }

    @Test(arguments: 0..<70)
    func sipHashIsOpenSSLs(_ length: Int) throws {
        let bytes = (0..<length).map { UInt8($0) }
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("dde-sip-\(UUID().uuidString)")
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let output = try OpenSSL.run(
            "mac", "-macopt", "hexkey:000102030405060708090a0b0c0d0e0f", "-macopt", "size:16", "-in",
            file.path, "SIPHASH")
        let digest = SipHash(key: 0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908).digest(bytes)
        let text = [digest.low, digest.high].flatMap { word in
            (0..<8).map { String(format: "%02X", UInt8(truncatingIfNeeded: word >> (8 * $0))) }
        }.joined()
        #expect(output.trimmingCharacters(in: .whitespacesAndNewlines) == text)
    }

    @Test func credentials() {
        func read(_ text: String) -> [String]? {
            BasicCredentials(header: text).map { [$0.user, String(decoding: $0.password, as: UTF8.self)] }
        }
        func basic(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
        #expect(read("Basic " + basic("user:pass")) == ["user", "pass"])
        #expect(read("bAsIc " + basic("u:p:q")) == ["u", "p:q"])
        #expect(read("Basic " + basic(":")) == ["", ""])
        #expect(read("Basic " + basic("ü:ß")) == ["ü", "ß"])
        for bad in [
            "", "Basic", "Basic ", "Bearer " + basic("user:pass"), "Basic " + basic("user"),
            "Basic ====", "Basic dTpw=", "Basic dTpwcQ", "Basic dTpw\u{e4}", "Basic dTpw dTpw",
            "Basic " + Data([0xff, 0x3a, 0x61]).base64EncodedString(),
            "Basic " + basic("u:" + String(repeating: "x", count: 5000)),
        ] { #expect(read(bad) == nil, "\(bad)") }
        for length in 0..<50 {
            let text = "u:" + String(repeating: "µ", count: length)
            #expect(read("Basic " + basic(text)) == ["u", String(text.dropFirst(2))])
        }
    }
}

/// The desk lives on an event loop; each test has its own.
@Suite struct PasswordDeskTests {
    private final class Desk: @unchecked Sendable {
        let loop: any EventLoop
        private let desk: NIOLoopBound<PasswordDesk>

        init(_ users: [String: String]) throws {
            loop = MultiThreadedEventLoopGroup.singleton.next()
            let loop = loop
            let hashes = try users.mapValues { try BcryptHash($0) }
            desk = try loop.submit {
                let desk = PasswordDesk(loop: loop)
                desk.setUsers(hashes)
                return NIOLoopBound(desk, eventLoop: loop)
            }.wait()
        }

        func setUsers(_ users: [String: String]) throws {
            let hashes = try users.mapValues { try BcryptHash($0) }
            try loop.submit { self.desk.value.setUsers(hashes) }.wait()
        }

        func ask(
            _ user: String, _ password: String, from client: String = "192.0.2.1"
        ) throws -> EventLoopFuture<PasswordDesk.Verdict> {
            let header = "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
            let credentials = try #require(BasicCredentials(header: header))
            return loop.flatSubmit {
                self.desk.value.check(credentials, client: IPAddress(client))
            }
        }
    }

    /// A hash that takes long enough for others to come meanwhile; of `fakepassword`.
    private static let slow = ConfigurationCorpus.hash

    @Test func rightAndWrong() throws {
        let desk = try Desk(["a": PasswordTests.ours])
        #expect(try desk.ask("a", "pass wörd:1").wait() == .right)
        #expect(try desk.ask("a", "pass wörd:2").wait() == .wrong)
        #expect(try desk.ask("b", "pass wörd:1").wait() == .wrong)
        #expect(try desk.ask("", "").wait() == .wrong)
        // A hash that changes counts at once, and so does a user who goes.
        try desk.setUsers(["a": Self.slow])
        #expect(try desk.ask("a", "pass wörd:1").wait() == .wrong)
        #expect(try desk.ask("a", "fakepassword").wait() == .right)
        try desk.setUsers(["b": Self.slow])
        #expect(try desk.ask("a", "fakepassword").wait() == .wrong)
        try desk.setUsers([:])
        #expect(try desk.ask("b", "fakepassword").wait() == .wrong)
    }

    /// Whoever knows the password gets in while somebody else guesses, and so does who comes from
    /// elsewhere for the first time; one who guesses in masses is turned away.
    @Test func guessingHoldsNobodyElseUp() throws {
        let desk = try Desk(["a": Self.slow])
        #expect(try desk.ask("a", "fakepassword").wait() == .right)
        let guesses = try (0..<50).map { try desk.ask("a", "\($0)", from: "198.51.100.1") }
        // Remembered: at once, while guesses wait.
        #expect(try desk.ask("a", "fakepassword").wait() == .right)
        // Not remembered: after the one that is being checked and one that waited longer.
        let newcomer = try desk.ask("a", "unknown", from: "192.0.2.9")
        let order = Order()
        newcomer.whenComplete { _ in order.note("newcomer") }
        guesses[PasswordDesk.mostWaitingOfOneClient].whenComplete { _ in order.note("guess") }
        guesses[3].whenComplete { _ in order.note("last guess") }
        let verdicts = try guesses.map { try $0.wait() }
        #expect(verdicts.filter { $0 == .busy }.count >= 50 - PasswordDesk.mostWaitingOfOneClient - 1)
        #expect(!verdicts.contains(.right))
        #expect(try newcomer.wait() == .wrong)
        #expect(order.names.firstIndex(of: "newcomer")! < order.names.firstIndex(of: "last guess")!)
    }

    /// However many addresses guess, no more wait than may.
    @Test func placesAreBounded() throws {
        let desk = try Desk(["a": Self.slow])
        let guesses = try (0..<400).map {
            try desk.ask("a", "\($0)", from: "2001:db8:\($0 / 2)::1")
        }
        // One address has a single place at most by now: another finds none, or takes a second one's.
        let verdicts = try EventLoopFuture.whenAllSucceed(guesses, on: desk.loop).wait()
        let checked = verdicts.filter { $0 == .wrong }.count
        #expect(checked <= PasswordDesk.mostWaiting + 1 + 8)
        #expect(checked >= PasswordDesk.mostWaiting / 2)
        #expect(verdicts.filter { $0 == .busy }.count == 400 - checked)
    }

    private final class Order: @unchecked Sendable {
        private let lock = NSLock()
        private var heard: [String] = []
        var names: [String] { lock.withLock { heard } }
        func note(_ name: String) { lock.withLock { heard.append(name) } }
    }
}
