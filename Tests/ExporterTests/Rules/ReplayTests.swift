import AdminProbe
import DirectorRing
import Exposition
import Foundation
import Testing

@testable import DirectorExporter

/// Pages of several exporters over time, as Prometheus would have scraped them.
struct ScrapedSeries {
    private let interval: Int
    /// By series; nil where a scrape didn't have it.
    private var values: [String: [String?]] = [:]
    private var scrapes = 0

    /// - Parameter interval: seconds between scrapes.
    init(interval: Int) {
        self.interval = interval
    }

    /// Adds a scrape of all targets.
    ///
    /// - Parameter pages: by instance; nil for a target that can't be scraped.
    mutating func add(_ pages: [String: String?], job: String = "director") {
        for (instance, page) in pages {
            let target = "job=\"\(job)\",instance=\"\(instance)\""
            set("up{\(target)}", page == nil ? "0" : "1")
            for line in (page ?? "").split(separator: "\n") where !line.hasPrefix("#") {
                guard let blank = line.lastIndex(of: " ") else { continue }
                let series = line[..<blank]
                let brace = series.firstIndex(of: "{") ?? series.endIndex
                let labels = series[brace...].dropFirst().dropLast()
                let comma = labels.isEmpty ? "" : ","
                set(
                    "\(series[..<brace]){\(labels)\(comma)\(target)}",
                    String(line[line.index(after: blank)...]))
            }
        }
        scrapes += 1
    }

    private mutating func set(_ series: String, _ value: String) {
        var known = values[series] ?? []
        known += Array(repeating: nil, count: scrapes - known.count)
        known.append(value)
        values[series] = known
    }

    /// What fires at each evaluation, by promtool and the project's own rules.
    ///
    /// - Returns: seconds and the names of the critical alerts that fire then.
    func criticalAlerts() throws -> [(time: Int, names: Set<String>)] {
        let query = "count by (alertname) (ALERTS{alertstate=\"firing\",severity=\"critical\"})"
        var yaml = """
            rule_files: ["\(Project.root.path)/alerts.yml"]
            evaluation_interval: \(interval)s
            tests:
              - interval: \(interval)s
                input_series:

            """
        for (series, samples) in values.sorted(by: { $0.key < $1.key }) {
            let all = samples + Array(repeating: nil, count: scrapes - samples.count)
            var text: [String] = []
            for (index, value) in all.enumerated() {
                // A series that a scrape lacks is stale from then on.
                let wasThere = index > 0 && all[index - 1] != nil
                text.append(value ?? (wasThere ? "stale" : "_"))
            }
            yaml += "      - {series: '\(series)', values: '\(text.joined(separator: " "))'}\n"
        }
        yaml += "    promql_expr_test:\n"
        let times = (0..<scrapes).map { $0 * interval }
        for time in times {
            // Nothing is expected, so that promtool tells what there is.
            yaml += "      - {expr: '\(query)', eval_time: \(time)s, exp_samples: []}\n"
        }
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("dde-rules-\(UUID().uuidString).yml")
        try yaml.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let output = try Promtool.run("test", "rules", file.path)
        let isComplete = output.contains("SUCCESS") || output.contains("FAILED:")
        guard isComplete, !output.contains("error"), !output.contains("err:") else {
            throw Promtool.Failure(description: String(output.prefix(2000)))
        }
        var firing: [Int: Set<String>] = [:]
        for match in output.matches(of: /time: ([0-9hms]+),\s+exp:.*\s+got:(.*)/) {
            let time = PrometheusDuration.parse(String(match.1)).map { Int($0.inSeconds) } ?? 0
            let names = match.2.matches(of: /alertname="(\w+)"/).map { String($0.1) }
            firing[time, default: []].formUnion(names)
        }
        return times.map { ($0, firing[$0] ?? []) }
    }
}

enum Promtool {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    static let isThere: Bool = {
        let isThere = (try? run("--version")) != nil
        if !isThere {
            print(
                """
                ==================================================================
                NOT TESTED: the alert rules, for want of promtool (package prometheus)
                ==================================================================
                """)
        }
        return isThere
    }()

    /// What promtool prints, whatever it thinks of the rules.
    static func run(_ arguments: String...) throws -> String { try run(arguments) }

    /// What promtool prints, whatever it thinks of the files.
    static func run(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["promtool"] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus != 127 else { throw Failure(description: text) }
        return text
    }
}

/// Every recording, through the real encoder and the real rules.
@Suite(.enabled(if: Promtool.isThere)) struct ReplayTests {
    /// What an exporter beside each director would have served, second by second.
    private struct Exporters {
        private var records: [Int: PollRecord] = [:]
        private var removed: [Int: Set<Member>] = [:]

        mutating func take(_ answer: Recording.Answer) {
            var record = records[answer.director] ?? PollRecord(startTime: answer.epoch)
            if let reply = answer.reply {
                let snapshot = RingSnapshot(
                    reply, beingRemoved: removed[answer.director] ?? [])
                removed[answer.director] = snapshot.membersBeingRemoved
                record.observation = PollRecord.Observation(
                    snapshot: snapshot, duration: .milliseconds(1), unsyncedSince: nil)
                // An answer can be younger than its question, never older than its input.
                let inputs = snapshot.links.compactMap { $0.traffic?.lastInput }
                record.lastSuccess = max(answer.epoch, Double(inputs.max() ?? 0))
                record.lastKnownDirector = snapshot.ownMember ?? record.lastKnownDirector
            } else {
                record.observation = nil
                record.failures[.timeout, default: 0] += 1
            }
            records[answer.director] = record
        }

        var pages: [String: String?] {
            Dictionary(
                records.map { ("d\($0.key):10027", GoldenTests.page($0.value, .text)) },
                uniquingKeysWith: { a, _ in a })
        }
    }

    static func replay(_ recording: Recording, interval: Int) throws -> [(time: Int, names: Set<String>)] {
        var exporters = Exporters()
        var series = ScrapedSeries(interval: interval)
        var answers = recording.answers.sorted { $0.time < $1.time }[...]
        let end = Int(answers.last?.time ?? 0)
        for time in stride(from: 0, through: end, by: interval) {
            while let next = answers.first, next.time <= Double(time) + 0.5 {
                exporters.take(next)
                answers = answers.dropFirst()
            }
            series.add(exporters.pages)
        }
        return try series.criticalAlerts()
    }

    struct Expectation: Sendable {
        var recording: String
        /// Nil where nothing critical may fire.
        var alert: String?
        var fault = 0
        var firesBy = 0
        /// When all directors say that the ring is whole again.
        var whole = 0
    }

    static let expectations = [
        Expectation(
            recording: "partition-1-of-3", alert: "DovecotDirectorRingSplit", fault: 10,
            firesBy: 40, whole: 153),
        Expectation(
            recording: "partition-interleaved-4", alert: "DovecotDirectorRingSplit", fault: 10,
            firesBy: 40, whole: 173),
        Expectation(
            recording: "partition-2-members", alert: "DovecotDirectorRingSplit", fault: 10,
            firesBy: 40, whole: 145),
        Expectation(
            recording: "hung-member", alert: "DovecotDirectorDown", fault: 10, firesBy: 50,
            whole: 110),
        Expectation(
            recording: "crash", alert: "DovecotDirectorDown", fault: 10, firesBy: 50, whole: 71),
        Expectation(recording: "rolling-restart"), Expectation(recording: "ring-change"),
        Expectation(recording: "backends"),
    ]

    @Test(arguments: expectations)
    func recordingPagesAsItShould(_ expected: Expectation) throws {
        let recording = try Recording(named: expected.recording)
        let firing = try Self.replay(recording, interval: 5)
        let all = firing.reduce(into: Set<String>()) { $0.formUnion($1.names) }
        guard let alert = expected.alert else {
            #expect(all.isEmpty, "\(firing.filter { !$0.names.isEmpty })")
            return
        }
        #expect(all == [alert], "\(firing.filter { !$0.names.isEmpty })")
        let times = firing.filter { $0.names.contains(alert) }.map(\.time)
        let first = try #require(times.first)
        let last = try #require(times.last)
        print("\(expected.recording): \(alert) from \(first - expected.fault) s after the fault to "
            + "\(last - expected.whole) s after the ring is whole")
        #expect(first > expected.fault && first <= expected.firesBy)
        #expect(last <= expected.whole + 45)
        // From the fault until the ring is whole, without a gap.
        #expect(times == Array(stride(from: first, through: last, by: 5)))
        #expect(last >= expected.whole - 5)
    }

    /// At slower intervals pages come later, and none is false.
    @Test(arguments: expectations, [15, 30, 60])
    func slowIntervalsPageNothingFalse(_ expected: Expectation, _ interval: Int) throws {
        let recording = try Recording(named: expected.recording)
        let firing = try Self.replay(recording, interval: interval)
        let all = firing.reduce(into: Set<String>()) { $0.formUnion($1.names) }
        #expect(all.isSubset(of: expected.alert.map { [$0] } ?? []), "\(firing)")
        if let first = firing.first(where: { !$0.names.isEmpty }) {
            print("\(expected.recording) at \(interval) s: \(first.time - expected.fault) s")
        }
    }
}
