import AdminProbe
import DirectorRing
import Foundation
import Testing

@testable import DirectorExporter

/// The project's own files, wherever it was checked out.
enum Project {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }
}

@Suite struct JournalEntryTests {
    private func fields(_ event: RingEvent) -> [String: String] {
        Dictionary(event.journalFields.map { ($0.name, $0.value) }, uniquingKeysWith: { a, _ in a })
    }

    @Test func linkEvent() {
        let fields = fields(
            RingEvent(
                id: "0123", kind: .linkDown, observedAt: 1_700_000_000.5,
                director: Fixture.member("10.0.0.1"),
                ringMembers: ["10.0.0.1", "10.0.0.2", "[2001:db8::1]:9091"].map(Fixture.member),
                member: Fixture.member("10.0.0.2"), side: .left, old: "10.0.0.2:9090"))
        #expect(
            fields == [
                "MESSAGE": "10.0.0.1:9090: lost its left neighbour 10.0.0.2:9090",
                "MESSAGE_ID": EventKind.linkDown.messageID, "PRIORITY": "4",
                "SYSLOG_IDENTIFIER": "dovecot-director-exporter", "DIRECTOR_EVENT": "link_down",
                "DIRECTOR_EVENT_ID": "0123", "DIRECTOR_SELF": "10.0.0.1:9090",
                "DIRECTOR_RING_SIZE": "3",
                "DIRECTOR_RING_MEMBERS": "10.0.0.1:9090 10.0.0.2:9090 [2001:db8::1]:9091",
                "DIRECTOR_OBSERVED_AT": "1700000000.500000", "DIRECTOR_MEMBER": "10.0.0.2:9090",
                "DIRECTOR_SIDE": "left", "DIRECTOR_OLD": "10.0.0.2:9090",
            ])
    }

    @Test func backendEvent() throws {
        let fields = fields(
            RingEvent(
                id: "1", kind: .backendVhostsChanged, observedAt: 0.000001, director: nil,
                ringMembers: [],
                backend: BackendKey(address: try #require(IPAddress("2001:db8::5")), tag: "blue"),
                old: "100", new: "0"))
        #expect(fields["DIRECTOR_BACKEND"] == "2001:db8::5")
        #expect(fields["DIRECTOR_TAG"] == "blue")
        #expect(fields["DIRECTOR_OLD"] == "100")
        #expect(fields["DIRECTOR_NEW"] == "0")
        #expect(fields["DIRECTOR_OBSERVED_AT"] == "0.000001")
        #expect(fields["DIRECTOR_MEMBER"] == nil)
    }

    /// journald drops fields with other names without a word.
    @Test(arguments: EventKind.allCases)
    func fieldNamesAreValid(_ kind: EventKind) {
        let event = RingEvent(
            id: "1", kind: kind, observedAt: 1, director: nil, ringMembers: [],
            member: Fixture.member("10.0.0.2"), side: .right, old: "a", new: "b")
        for (name, _) in event.journalFields {
            #expect(name.allSatisfy { ("A"..."Z").contains($0) || $0 == "_" } && !name.hasPrefix("_"))
        }
        #expect(!event.message.contains("\n"))
    }

    @Test func messageIDsAreUnique() {
        let ids = EventKind.allCases.map(\.messageID)
        #expect(Set(ids).count == ids.count)
        #expect(ids.allSatisfy { $0.count == 32 && $0.allSatisfy { $0.isHexDigit && !$0.isUppercase } })
    }

    @Test(arguments: EventKind.allCases)
    func catalogExplainsEachKind(_ kind: EventKind) throws {
        let catalog = try Project.text("packaging/dovecot-director-exporter.catalog")
        let entry = catalog.components(separatedBy: "\n-- ").first { $0.hasPrefix(kind.messageID) }
        #expect(entry?.contains("Subject: ") == true)
        #expect(entry?.contains("Defined-By: dovecot-director-exporter") == true)
    }
}
