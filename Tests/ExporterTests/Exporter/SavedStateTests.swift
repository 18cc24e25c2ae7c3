import AdminProbe
import DirectorRing
import Foundation
import Testing

@testable import DirectorExporter

@Suite struct SavedStateTests {
    static var sample: SavedState {
        var view = LoggedView()
        view.isReachable = true
        view.hasBaseline = true
        view.director = Fixture.member("10.0.0.1")
        view.members = ["10.0.0.1", "10.0.0.2", "[2001:db8::1]:9091"].map(Fixture.member)
        view.left = LoggedView.Neighbor(
            member: Fixture.member("10.0.0.2"), bytesReceived: 1, bytesSent: .max, isSilent: true)
        view.right = LoggedView.Neighbor(member: Fixture.member("[2001:db8::1]:9091"))
        view.isSynced = false
        view.isIsolated = true
        view.isIsolationLogged = true
        view.backends = [
            .init(key: key("10.1.0.1", ""), vhosts: 100, isUp: true),
            .init(key: key("10.1.0.1", "a\tb\nc\\"), vhosts: 0, isUp: nil),
            .init(key: key("2001:db8::5", "blau ü"), vhosts: 7, isUp: false),
        ]
        let events = [
            RingEvent(
                id: "a1", kind: .directorUnreachable, observedAt: 1_700_000_000.25, director: nil,
                ringMembers: []),
            RingEvent(
                id: "b2", kind: .linkDown, observedAt: 1, director: view.director,
                ringMembers: view.members, member: Fixture.member("10.0.0.2"), side: .left,
                old: "10.0.0.2:9090", new: nil),
            RingEvent(
                id: "c3", kind: .backendVhostsChanged, observedAt: 2.5, director: view.director,
                ringMembers: view.members, backend: key("10.1.0.1", "a\tb\nc\\"), old: "", new: "7"),
        ]
        return SavedState(socket: "/run/a\tb", view: view, pending: events)
    }

    private static func key(_ address: String, _ tag: String) -> BackendKey {
        guard let address = IPAddress(address) else { preconditionFailure("no address") }
        return BackendKey(address: address, tag: tag)
    }

    @Test func survivesTheFile() throws {
        #expect(try SavedState(decoding: Self.sample.encoded()) == Self.sample)
        // The last is one character with the end of the line, in Swift's view of a text.
        for socket in ["/x", "", "\\", "\u{301}", "/x\r"] {
            let empty = SavedState(socket: socket, view: LoggedView(), pending: [])
            #expect(try SavedState(decoding: empty.encoded()) == empty)
        }
    }

    @Test func damageIsNoticed() {
        let bytes = Self.sample.encoded()
        for count in 0..<bytes.count {
            #expect(throws: SavedState.Malformed.self) {
                try SavedState(decoding: Array(bytes[..<count]))
            }
        }
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 0x04
            #expect(throws: SavedState.Malformed.self) { try SavedState(decoding: damaged) }
        }
    }

    @Test func otherVersionsAreRefused() {
        let text = String(decoding: Self.sample.encoded(), as: UTF8.self)
            .replacing("state 1\n", with: "state 2\n")
        #expect(throws: SavedState.Malformed(description: "it is not of this version")) {
            try SavedState(decoding: Array(text.utf8))
        }
    }

    private func withDirectory(_ body: (String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "dde-state-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    @Test func directoryKeepsTheState() throws {
        try withDirectory { path in
            do {
                let store = StateDirectory(path: path + "/")
                #expect(try store.read() == nil)
                try store.write(Self.sample)
            }
            #expect(try StateDirectory(path: path).read() == Self.sample)
            let mode = try FileManager.default.attributesOfItem(atPath: path + "/state")[
                .posixPermissions]
            #expect(mode as? Int == 0o600)
        }
    }

    @Test(arguments: ["nan", "inf", "-1", "1e300"])
    func timesThatAreNoneAreDamage(_ time: String) {
        let line = "event\ta\tring_synced\t\(time)" + String(repeating: "\t", count: 8)
        #expect(throws: SavedState.Malformed.self) {
            try SavedState(decoding: SavedState.sealed(Array(line.utf8)))
        }
    }

    @Test func timesOfNoCalendarAreWrittenAllTheSame() {
        for time in [Double.nan, .infinity, -.infinity, 1e300, -1e300] {
            #expect(Timestamp.text(time) == "1970-01-01T00:00:00.000Z")
        }
    }

    @Test func damagedFileIsPutAside() throws {
        try withDirectory { path in
            try Data("nonsense\n".utf8).write(to: URL(fileURLWithPath: path + "/state"))
            let store = StateDirectory(path: path)
            #expect(throws: StateDirectory.Failure.self) { try store.read() }
            #expect(FileManager.default.fileExists(atPath: path + "/state.unreadable"))
            #expect(try store.read() == nil)
            try store.write(Self.sample)
            #expect(try store.read() == Self.sample)
        }
    }

    @Test func oneExporterAtATime() throws {
        try withDirectory { path in
            let first = StateDirectory(path: path)
            try first.write(Self.sample)
            let second = StateDirectory(path: path)
            #expect(throws: StateDirectory.Failure.self) { try second.read() }
            #expect(throws: StateDirectory.Failure.self) { try second.write(Self.sample) }
        }
    }

    @Test func missingDirectoryIsAFailureThatSaysSo() {
        let store = StateDirectory(path: "/nonexistent/state")
        #expect {
            try store.write(Self.sample)
        } throws: { "\($0)".contains("No such file or directory") && "\($0)".contains("/nonexistent") }
    }
}
