import Foundation
import Logging
import Testing

@testable import DirectorExporter

@Suite struct LogRecordTests {
    private let record = LogRecord(
        time: 1_795_600_670.4649, level: .warning, message: "say \"hi\"\n\u{1}",
        fields: [("plain", "a/b"), ("odd", "a b=\"c\""), ("empty", "")])

    @Test func logfmt() {
        #expect(
            record.logfmt
                == "time=2026-11-25T09:57:50.464Z level=WARN msg=\"say \\\"hi\\\"\\n\\u0001\""
                + " plain=a/b odd=\"a b=\\\"c\\\"\" empty=\"\"")
    }

    @Test func json() throws {
        let object = try JSONSerialization.jsonObject(with: Data(record.json.utf8))
        let fields = try #require(object as? [String: String])
        #expect(fields["msg"] == record.message)
        #expect(fields["level"] == "WARN")
        #expect(fields["odd"] == "a b=\"c\"")
    }

    @Test func journal() {
        let fields = Dictionary(
            record.journalFields.map { ($0.name, $0.value) }, uniquingKeysWith: { a, _ in a })
        #expect(fields["PRIORITY"] == "4")
        #expect(fields["MESSAGE"]?.hasSuffix("plain=a/b odd=\"a b=\\\"c\\\"\" empty=\"\"") == true)
    }

    @Test func dates() {
        #expect(Timestamp.httpDate(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(Timestamp.text(0) == "1970-01-01T00:00:00.000Z")
        #expect(Timestamp.text(.nan) == "1970-01-01T00:00:00.000Z")
    }
}
