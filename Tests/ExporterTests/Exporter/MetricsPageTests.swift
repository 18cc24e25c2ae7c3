import AdminProbe
import DirectorRing
import Exposition
import Testing

@testable import DirectorExporter

/// A page that copies from the one before it is the page that would have been rendered anew.
@Suite struct MetricsPageTests {
    private static let before = "192.0.2.11\t100\t3\ta\tU\t1700000000\n192.0.2.12\t50\t5\t\tD\t0\n"
    private static let ring = "\n192.0.2.1\t9090\tself\t0\tring synced\t0\n\n"

    private func record(_ hosts: String, withShares: Bool = true) throws -> PollRecord {
        let text = hosts + Self.ring
        var record = try GoldenTests.record(text)
        if withShares {
            record.observation?.hashShares = HashShares(try Fixture.reply(text).hosts)
        }
        return record
    }

    @Test(arguments: [
        before,
        // Users alone; then each that makes the copy wrong.
        "192.0.2.11\t100\t4\ta\tU\t1700000000\n192.0.2.12\t50\t6\t\tD\t0\n",
        "192.0.2.11\t101\t3\ta\tU\t1700000000\n192.0.2.12\t50\t5\t\tD\t0\n",
        "192.0.2.11\t100\t3\ta\tD\t1700000000\n192.0.2.12\t50\t5\t\tD\t0\n",
        "192.0.2.11\t100\t3\ta\tU\t1700000001\n192.0.2.12\t50\t5\t\tD\t0\n",
        "192.0.2.11\t100\t3\tb\tU\t1700000000\n192.0.2.12\t50\t5\t\tD\t0\n",
        "192.0.2.11\t100\t3\ta\tU\t1700000000\n192.0.2.13\t50\t5\t\tD\t0\n",
        "192.0.2.11\t100\t3\ta\tU\t1700000000\n",
        "192.0.2.11\t100\t3\ta\tU\t1700000000\n192.0.2.12\t50\t5\t\tD\t0\n192.0.2.13\t1\t0\n",
        "",
    ])
    func isTheSameAsARenderedOne(_ hosts: String) throws {
        var page = MetricsPage(try record(Self.before))
        // Twice: from a page that was itself copied, and back to what was there first.
        for hosts in [hosts, hosts, Self.before] {
            let record = try record(hosts)
            page = MetricsPage(record, after: page)
            #expect(page.bytes(in: .text) == MetricsPage(record).bytes(in: .text))
        }
    }

    @Test func sharesComeLater() throws {
        let without = try record(Self.before, withShares: false)
        let with = try record(Self.before)
        var page = MetricsPage(without)
        page = MetricsPage(with, after: page)
        #expect(page.bytes(in: .text) == MetricsPage(with).bytes(in: .text))
        #expect(MetricsPage(without, after: page).bytes(in: .text) == MetricsPage(without).bytes(in: .text))
    }

    /// Nothing is taken from a page of before an outage in which there were no backends.
    @Test func nothingIsLeftOfAnOutage() throws {
        let up = try record(Self.before)
        let down = try GoldenTests.record(nil, fault: .timeout)
        let page = MetricsPage(down, after: MetricsPage(up))
        #expect(page.bytes(in: .text) == MetricsPage(down).bytes(in: .text))
        #expect(MetricsPage(up, after: page).bytes(in: .text) == MetricsPage(up).bytes(in: .text))
    }
}
