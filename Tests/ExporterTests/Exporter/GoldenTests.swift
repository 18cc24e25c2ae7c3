import AdminProbe
import DirectorRing
import Exposition
import Foundation
import Testing

@testable import DirectorExporter

/// Pages of metrics as files: one for each version of Dovecot and each way to fail.
///
/// `RECORD_GOLDEN=1 swift test --filter GoldenTests` writes them anew; read the difference.
@Suite struct GoldenTests {
    static let start = 1_700_000_000.0

    /// What the poller does with an answer, on a clock that stands still.
    static func record(_ text: String?, fault: AdminFault.Reason? = nil) throws -> PollRecord {
        var record = PollRecord(startTime: start)
        record.expected = ["192.0.2.2", "[2001:db8::1]:9091"].map(Fixture.member)
        if let text {
            let reply = try Fixture.reply(text)
            let snapshot = RingSnapshot(reply)
            var seconds: UInt64?
            if case .syncing(let value)? = snapshot.status { seconds = value }
            record.observation = PollRecord.Observation(
                snapshot: snapshot, duration: .microseconds(250),
                unsyncedSince: seconds.map { start + 100 - Double($0) })
            record.lastSuccess = start + 100
            record.rejectedHosts = UInt64(reply.rejectedHosts)
            record.rejectedDirectors = UInt64(reply.rejectedDirectors)
            record.lastKnownDirector = snapshot.ownMember
            record.events = [.directorReachable: 1]
        }
        if let fault { record.failures = [fault: 3] }
        return record
    }

    static func page(_ record: PollRecord, _ format: ExpositionFormat) -> String {
        let page = MetricsPage(record)
        return String(
            decoding: page.bytes(in: format) + Array(format.trailer.utf8),
            as: UTF8.self)
    }

    private static let brokenRows =
        "192.0.2.11\t100\tmany\n192.0.2.12\t100\t5\t\tU\t0\n\nnonsense\n"
        + "192.0.2.1\t9090\tself\t0\tring synced\t0\n\n"

    private static let unreachable: PollRecord = {
        var record = PollRecord(startTime: start)
        record.lastSuccess = start + 50
        record.lastKnownDirector = Fixture.member("192.0.2.1")
        record.failures = [.timeout: 2, .refused: 1]
        record.events = [.directorReachable: 1, .directorUnreachable: 1]
        return record
    }()

    static func all() throws -> [(name: String, record: PollRecord)] {
        [
            ("v2.1.0", try record(Fixture.v2_1_0)), ("v2.2.16", try record(Fixture.v2_2_16)),
            ("v2.2.19", try record(Fixture.v2_2_19)), ("v2.3", try record(Fixture.v2_3)),
            ("standalone", try record(Fixture.standalone)),
            ("empty-lists", try record("\n\n")), ("broken-rows", try record(brokenRows)),
            ("before-the-first-poll", try record(nil)),
            ("never-found", try record(nil, fault: .notFound)), ("unreachable", unreachable),
        ]
    }

    @Test(arguments: [ExpositionFormat.text, .openMetrics])
    func pagesAreAsRecorded(_ format: ExpositionFormat) throws {
        let directory = Project.root.appendingPathComponent("Tests/ExporterTests/Golden")
        for (name, record) in try Self.all() {
            let file = directory.appendingPathComponent(
                name + (format == .text ? ".prom" : ".openmetrics"))
            // The compiler and the commit differ from build to build.
            let page = Self.page(record, format).split(
                separator: "\n", omittingEmptySubsequences: false
            ).map { line in
                line.hasPrefix("dovecot_director_exporter_build_info{")
                    ? "dovecot_director_exporter_build_info{…} 1" : String(line)
            }.joined(separator: "\n")
            if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1" {
                try page.write(to: file, atomically: true, encoding: .utf8)
            }
            #expect(try page == String(contentsOf: file, encoding: .utf8), "\(file.lastPathComponent)")
        }
    }

    /// The contract's list of what stays when the director doesn't answer.
    @Test func failedPollRemovesWhatDescribesTheDirector() {
        let names = Set(
            Self.page(Self.unreachable, .text).split(separator: "\n")
                .filter { !$0.hasPrefix("#") }
                .map { String($0.prefix { $0 != " " && $0 != "{" }) })
        #expect(
            names == [
                "dovecot_director_up", "dovecot_director_last_successful_poll_timestamp_seconds",
                "dovecot_director_poll_failures_total", "dovecot_director_rejected_rows_total",
                "dovecot_director_events_total",
                "dovecot_director_exporter_last_known_director_info",
                "dovecot_director_exporter_build_info",
            ])
    }

    /// No series twice, no family in two places, whatever a director says.
    @Test func seriesAreUnique() throws {
        var records = try Self.all().map(\.record)
        for name in Recording.names {
            for answer in try Recording(named: name).answers {
                guard let reply = answer.reply else { continue }
                var record = PollRecord(startTime: Self.start)
                record.observation = PollRecord.Observation(
                    snapshot: RingSnapshot(reply), duration: .zero, unsyncedSince: nil)
                records.append(record)
            }
        }
        for record in records {
            let lines = Self.page(record, .text).split(separator: "\n")
            let series = lines.filter { !$0.hasPrefix("#") }.map { $0.prefix { $0 != " " } }
            #expect(Set(series).count == series.count)
            let types = lines.filter { $0.hasPrefix("# TYPE") }
            #expect(Set(types).count == types.count)
        }
    }
}
