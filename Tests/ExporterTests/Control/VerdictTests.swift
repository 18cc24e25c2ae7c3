import AdminProbe
import DirectorRing
import Testing

@testable import directorctl

/// Verdicts on what real directors said through real faults.
@Suite struct VerdictTests {
    /// The verdict on all directors at a time of a recording.
    private func verdict(_ name: String, at seconds: Double) throws -> RingVerdict {
        let recording = try Recording(named: name)
        var reports: [RingReport] = []
        for number in 1...recording.members.count {
            guard
                let step = recording.answers.last(where: {
                    $0.director == number && $0.time <= seconds
                }), let reply = step.reply
            else { continue }
            reports.append(
                RingReport(source: "\(number)", RingSnapshot(reply), now: step.epoch))
        }
        return RingVerdict(reports)
    }

    @Test func splitIsToldFromAWholeRing() throws {
        #expect(try verdict("partition-1-of-3", at: 9).severity == .ok)
        // Before Dovecot notices, after it has noticed, and when both halves say `ring synced`.
        for seconds in [32.0, 60, 110] {
            let verdict = try verdict("partition-1-of-3", at: seconds)
            #expect(verdict.severity == .critical, "\(seconds)")
            #expect(verdict.rings.count == 2, "\(seconds): \(verdict.rings)")
        }
    }

    @Test func interleavedSplitHasEveryLinkSynced() throws {
        let verdict = try verdict("partition-interleaved-4", at: 120)
        #expect(verdict.severity == .critical)
        #expect(verdict.rings.count == 2)
        #expect(verdict.findings[0].text.hasPrefix("2 rings: "))
    }

    @Test func oneHalfAloneIsEnough() throws {
        let recording = try Recording(named: "partition-2-members")
        let step = try #require(recording.answers.last { $0.director == 1 && $0.time <= 100 })
        let reply = try #require(step.reply)
        let verdict = RingVerdict([
            RingReport(source: "1", RingSnapshot(reply), now: step.epoch)
        ])
        #expect(verdict.severity == .critical)
        #expect(verdict.findings.contains { $0.text.contains("is alone") })
    }

    @Test func backendsThatDifferAreAWarning() {
        func report(_ port: UInt16, isUp: Bool) -> RingReport {
            let address = IPAddress("192.0.2.1")!
            var report = RingReport(source: "\(port)")
            report.own = Member(address: address, port: port)
            report.members = [Member(address: address, port: 1), Member(address: address, port: 2)]
            report.left = Member(address: address, port: 3 - port)
            report.right = report.left
            report.backends = [
                BackendState(
                    key: BackendKey(address: IPAddress("192.0.2.9")!, tag: "a"), vhosts: 100, isUp: isUp)
            ]
            return report
        }
        #expect(RingVerdict([report(1, isUp: true), report(2, isUp: true)]).severity == .ok)
        let verdict = RingVerdict([report(1, isUp: true), report(2, isUp: false)])
        #expect(verdict.severity == .warning)
        #expect(
            verdict.findings[0].text
                == "backend 192.0.2.9@a is down with 100 vhosts at 192.0.2.1:2, "
                + "up with 100 vhosts at 192.0.2.1:1")
    }

    @Test func missingEdgeIsNamed() {
        let members = (1...3).map { Member(address: IPAddress("192.0.2.\($0)")!, port: 9090) }
        func report(_ index: Int, left: Int, right: Int) -> RingReport {
            var report = RingReport(source: "\(index)")
            report.own = members[index]
            report.members = Set(members)
            report.left = members[left]
            report.right = members[right]
            return report
        }
        // 1 believes in 2 on its right; 2 has 3 on both sides.
        let verdict = RingVerdict([
            report(0, left: 2, right: 1), report(1, left: 2, right: 2), report(2, left: 1, right: 0),
        ])
        #expect(verdict.severity == .critical)
        #expect(
            verdict.findings.contains {
                $0.text
                    == "the edge \(members[0]) - \(members[1]) is missing: \(members[1]) is linked to "
                    + "\(members[2]) there"
            }, "\(verdict.findings)")
    }
}

/// The full-screen view as a value.
@Suite struct WatchViewTests {
    private func view(_ recording: String, at seconds: Double) throws -> (WatchView, Double) {
        let recording = try Recording(named: recording)
        var view = WatchView(sources: ["/one", "/two"], usesColor: false, interval: .seconds(1))
        var now = 0.0
        for number in 1...2 {
            let step = try #require(
                recording.answers.last { $0.director == number && $0.time <= seconds })
            let reply = try #require(step.reply)
            now = step.epoch
            view.take(.snapshot(RingSnapshot(reply), epoch: now), of: number - 1)
        }
        return (view, now)
    }

    @Test(arguments: [(80, 24), (40, 10), (200, 60), (20, 3), (1, 1)])
    func fitsAnyTerminal(_ columns: Int, _ rows: Int) throws {
        var (view, now) = try view("partition-1-of-3", at: 40)
        for key in [Key.down, .bottom, .up, .pageDown, .sort, .next, .help, .help, .top] {
            view.press(key)
            let lines = view.draw(
                TerminalSize(columns: columns, rows: rows), now: now, clock: "12:00:00")
            #expect(lines.count <= max(2, rows))
            #expect(lines.allSatisfy { $0.count <= max(20, columns) })
        }
    }

    @Test func silenceIsSeen() throws {
        var (view, now) = try view("partition-1-of-3", at: 40)
        let lines = view.draw(TerminalSize(columns: 100, rows: 30), now: now, clock: "12:00:00")
        #expect(lines[0].hasPrefix("1/2 /one") && lines[0].hasSuffix("12:00:00 every 1s"))
        #expect(lines[1].hasPrefix("RING CRITICAL: 2 rings: "))
        #expect(lines.contains { $0.contains("silent") })
    }

    @Test func whatADirectorSaysDoesNotReachTheTerminal() {
        var view = WatchView(sources: ["/one"], usesColor: false, interval: .seconds(1))
        view.take(.failure("evil \u{1b}[2J\u{7}\u{9b}31m"), of: 0)
        let lines = view.draw(TerminalSize(columns: 80, rows: 24), now: 0, clock: "")
        #expect(!lines.joined().unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x9b })
    }
}
