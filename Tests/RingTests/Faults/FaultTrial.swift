import Foundation

/// One sidecar at one member of a simulated ring, before, during and after a fault.
struct FaultTrial {
    let fault: FaultCase
    let simulator: SimulatedRing
    let number: Int

    private static let timeout = 2.0
    /// Seconds from the end of a fault to good metrics: the longest wait between two tries, a try,
    /// and what a busy machine takes.
    private static let recovery = 4 + timeout + 6
    /// Of anonymous memory: a list at its limit of 16 MiB is held as rows while it is read.
    private static let mostKilobytes = 160 * 1024
    /// Of anonymous memory, once it is over.
    private static let restingKilobytes = 16 * 1024

    /// Runs it, and returns what was not as it has to be. Takes its thread for all that time: what is
    /// measured here must not wait for other tests.
    func complaints() throws -> [String] {
        var complaints: [String] = []
        func complain(_ text: String) { complaints.append("[\(fault)] \(text)") }
        let truth = MemberTruth(try simulator.lists(number))

        if fault.beginning == .fresh { try simulator.order("fault \(fault.fault) member=\(number)") }
        let sidecar = try Sidecar(
            socket: simulator.socket(number),
            [
                "--director.poll-interval=200ms", "--director.timeout=\(Int(Self.timeout))s",
                "--no-director.link-probe",
            ])
        func read() -> FaultPage { FaultPage(LocalStream.page(port: sidecar.port)) }
        var before: Footprint?
        if fault.beginning == .fresh {
            _ = try settles(within: 20) { sidecar.port > 0 }
        } else {
            guard try settles(within: 20, { read().isUp }) else {
                return ["[\(fault)] no good poll before the fault"]
            }
            // What is opened at its first use has been used then.
            let first = read().lastSuccess
            _ = try settles(within: 10) { read().lastSuccess - first > 1 }
            before = try Footprint(of: sidecar.processIdentifier)
            try simulator.order("fault \(fault.fault) member=\(number)")
            if fault.beginning == .reopened {
                try simulator.order("fault close at=HOST-LIST count=1 member=\(number)")
            }
        }
        let polledBefore = read().lastSuccess

        // It shows.
        var most = 0
        let hasShown = try settles(within: 25) {
            most = max(most, try Footprint(of: sidecar.processIdentifier).anonymousKilobytes)
            let page = read()
            guard !page.isEmpty else { return false }
            for lie in page.lies(truth, mayRejectRows: fault.outcome.mayRejectRows) { complain(lie) }
            return switch fault.outcome {
            case .fails: !page.isUp && page.failureCount >= 3
            case .survives: page.isUp && page.lastSuccess - polledBefore > 2
            case .rejects: page.isUp && page.rejectedRows >= 3
            case .failsOrRejects:
                page.failureCount >= 3 || page.rejectedRows >= 3
            }
        }
        let during = read()
        if !hasShown { complain("it does not show: \(during.failures), rejected \(during.rejectedRows)") }
        if case .fails(let reasons) = fault.outcome, !Set(during.failures.keys).isSubset(of: reasons) {
            complain("polls failed for \(during.failures), and not for \(reasons.sorted())")
        }
        if fault.outcome == .survives, during.failureCount > 0 {
            complain("polls failed: \(during.failures)")
        }

        // It is over.
        let cleared = Date()
        for line in try simulator.order("faults").split(separator: "\n")
        where line.hasSuffix(" of member \(number)") || line.contains(" of member \(number),") {
            if let digits = line.split(whereSeparator: { !$0.isNumber }).first {
                try simulator.order("clear \(digits)")
            }
        }
        let hasRecovered = try settles(within: 40) {
            let page = read()
            return page.isUp && page.lies(truth, mayRejectRows: false).isEmpty
        }
        let took = Date().timeIntervalSince(cleared)
        if !hasRecovered {
            complain("no recovery; \(read().lies(truth, mayRejectRows: false))")
        } else if took > Self.recovery {
            complain("recovery took \(took) s")
        }

        // Nothing stays behind.
        _ = try settles(within: 10) { try simulator.connections(number) == 1 }
        let connections = try simulator.connections(number)
        if connections != 1 { complain("\(connections) connections at the director") }
        if let before {
            func descriptors() throws -> Int { try Footprint(of: sidecar.processIdentifier).descriptors }
            if try !settles(within: 5, { try descriptors() <= before.descriptors }) {
                complain("\(try descriptors()) descriptors, \(before.descriptors) before")
            }
        }
        // A sanitizer keeps books, and what is freed.
        if !Lab.isSanitized {
            if most > Self.mostKilobytes { complain("\(most) KiB of memory") }
            func kilobytes() throws -> Int {
                try Footprint(of: sidecar.processIdentifier).anonymousKilobytes
            }
            if try !settles(within: 5, { try kilobytes() <= Self.restingKilobytes }) {
                complain("\(try kilobytes()) KiB of memory afterwards")
            }
        }

        // What it said of it.
        let end = read()
        let outages = end.events["director_unreachable"] ?? 0
        if outages > 1 { complain("\(outages) outages") }
        func logComplaints() -> [String] {
            FaultLog(of: sidecar).complaints(
                outages: Int(outages), reasons: end.failures.count, rejects: end.rejectedRows > 0)
        }
        // Its end is told with the first poll without it.
        if try !settles(within: 5, { logComplaints().isEmpty }) {
            for line in logComplaints() { complain(line) }
        }
        let others = end.events.keys.filter { !["director_unreachable", "director_reachable"].contains($0) }
        if !others.isEmpty { complain("invented events: \(others.sorted())") }
        return complaints
    }
}

/// Waits for a state on this thread.
private func settles(within seconds: Double, _ condition: () throws -> Bool) throws -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try !condition() {
        guard ContinuousClock.now < deadline else { return false }
        usleep(50_000)
    }
    return true
}

/// Does something that takes its time on a thread of its own.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread { continuation.resume(with: Swift.Result(catching: body)) }.start()
    }
}

extension FaultCase.Outcome {
    var mayRejectRows: Bool {
        switch self {
        case .rejects, .failsOrRejects: true
        case .fails, .survives: false
        }
    }
}

/// What a member's lists say, in terms of the metrics that have to be there for it.
struct MemberTruth: Sendable {
    private(set) var series: [String: Double] = [:]

    /// - Parameter lists: of a ring that is whole, without users that come and go.
    init(_ lists: WireLists) {
        for row in lists.hosts where row.count >= 5 {
            let labels = "{backend=\"\(row[0])\",tag=\"\(row[3])\"}"
            series["backend_vhosts\(labels)"] = Double(row[1])
            series["backend_users\(labels)"] = Double(row[2])
            series["backend_up\(labels)"] = row[4].hasPrefix("D") ? 0 : 1
        }
        for row in lists.directors where row.count >= 3 {
            let name = "\(row[0]):\(row[1])"
            series["ring_member{director=\"\(name)\"}"] = 1
            switch row[2] {
            case "self": series["self_info{director=\"\(name)\"}"] = 1
            case "left", "right":
                series["ring_neighbor{director=\"\(name)\",side=\"\(row[2])\"}"] = 1
            default: break
            }
        }
    }

    /// Whose series all are known.
    static let families: Set<Substring> = [
        "backend_vhosts", "backend_users", "backend_up", "ring_member", "self_info", "ring_neighbor",
    ]
}

/// A page of metrics during a fault.
struct FaultPage {
    private var values: [String: Double] = [:]

    private static let prefix = "dovecot_director_"
    /// What stays while the director doesn't answer.
    private static let staying: Set<Substring> = [
        "up", "last_successful_poll_timestamp_seconds", "poll_failures_total", "rejected_rows_total",
        "events_total", "ring_expected_member",
    ]

    init(_ text: String) {
        for line in text.split(separator: "\n") where line.hasPrefix(Self.prefix) {
            guard let blank = line.lastIndex(of: " ") else { continue }
            values[String(line[..<blank].dropFirst(Self.prefix.count))] =
                Double(line[line.index(after: blank)...])
        }
    }

    var isEmpty: Bool { values.isEmpty }
    var isUp: Bool { values["up"] == 1 }
    var lastSuccess: Double { values["last_successful_poll_timestamp_seconds"] ?? 0 }

    subscript(series: String) -> Double? { values[series] }

    private func byLabel(_ family: String) -> [String: Double] {
        var result: [String: Double] = [:]
        for (series, value) in values where value > 0 && series.hasPrefix(family + "{") {
            result[String(series.split(separator: "\"")[1])] = value
        }
        return result
    }

    /// Failed polls by reason, where there were any.
    var failures: [String: Double] { byLabel("poll_failures_total") }
    var failureCount: Double { failures.values.reduce(0, +) }
    var rejectedRows: Double { byLabel("rejected_rows_total").values.reduce(0, +) }
    /// Events by kind, where there were any.
    var events: [String: Double] { byLabel("events_total") }

    /// What this page says and isn't so.
    func lies(_ truth: MemberTruth, mayRejectRows: Bool) -> [String] {
        if !isUp {
            return values.keys
                .filter { series in
                    let family = series.prefix { $0 != "{" }
                    return !Self.staying.contains(family) && !family.hasPrefix("exporter_")
                }
                .map { "\($0) while the director doesn't answer" }
        }
        // A row that couldn't be read is missing, and what is there is true all the same.
        if mayRejectRows { return [] }
        let known = values.filter { MemberTruth.families.contains($0.key.prefix { $0 != "{" }) }
        return truth.series.filter { known[$0.key] != $0.value }
            .map { "\($0.key) is \(known[$0.key].map { "\($0)" } ?? "absent") and not \($0.value)" }
            + known.keys.filter { truth.series[$0] == nil }.map { "\($0) is there" }
    }
}

/// The lines that an exporter wrote, but for those of its start and those that stand in for a journal.
struct FaultLog {
    let lines: [Substring]

    init(of sidecar: Sidecar) {
        let text = (try? String(contentsOfFile: sidecar.log, encoding: .utf8)) ?? ""
        lines = text.split(separator: "\n").filter { line in
            !["msg=\"serving HTTP", "msg=\"watching the director", "journal", " event="]
                .contains { line.contains($0) }
        }
    }

    func count(_ words: String) -> Int { lines.count { $0.contains(words) } }

    /// One line at the begin of an outage for each reason, one at its end; nothing else.
    func complaints(outages: Int, reasons: Int, rejects: Bool) -> [String] {
        var complaints: [String] = []
        let begins = count("the director can't be asked")
        if begins < outages || begins > max(1, outages) * reasons {
            complaints.append("\(begins) lines for \(outages) outages by \(reasons) reasons")
        }
        if count("the director answers again") != outages {
            complaints.append("\(count("the director answers again")) lines for the ends of \(outages) outages")
        }
        if rejects {
            if count("some rows can't be read") != 1 || count("all rows can be read again") != 1 {
                complaints.append("not one line for the begin and one for the end of rows that can't be read")
            }
        }
        let others = lines.filter { line in
            ![
                "the director can't be asked", "the director answers again", "some rows can't be read",
                "all rows can be read again",
            ].contains { line.contains($0) }
        }
        if !others.isEmpty { complaints.append("unexpected lines: \(others)") }
        return complaints
    }
}
