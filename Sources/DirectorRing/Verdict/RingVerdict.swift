public import AdminProbe

/// Whether directors form one whole ring, by what each of them says.
///
/// A single director says `ring synced` on both sides of a split. What gives a split away is a
/// neighbour that the ring's order demands and that isn't linked, a neighbour that says nothing,
/// and directors that disagree.
public struct RingVerdict: Sendable {
    /// How bad it is, by the states of monitoring plugins.
    public enum Severity: Int32, Sendable, Comparable {
        case ok = 0
        case warning = 1
        case critical = 2
        case unknown = 3

        /// A known fault is worse than an open question, and that is worse than a warning.
        private var rank: Int {
            switch self {
            case .ok: 0
            case .warning: 1
            case .unknown: 2
            case .critical: 3
            }
        }

        public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
    }

    /// Something that isn't as it should be.
    public struct Finding: Error, Equatable {
        public var severity: Severity
        public var text: String

        public init(_ severity: Severity, _ text: String) {
            self.severity = severity
            self.text = text
        }
    }

    /// Seconds without a word from a neighbour: a healthy one speaks every fifteen.
    public static let silenceLimit = 20.0

    /// The worst first.
    public private(set) var findings: [Finding] = []
    /// The rings that the directors that were asked are in, each sorted.
    public private(set) var rings: [[Member]] = []
    /// The longest time since the last word of a linked neighbour, in seconds.
    public private(set) var longestSilence: Double?

    /// The worst of the findings.
    public var severity: Severity { findings.first?.severity ?? .ok }

    /// - Parameters:
    ///   - reports: of the directors that answered.
    ///   - failures: of those that didn't.
    ///   - expected: members that should be in the ring.
    public init(_ reports: [RingReport], failures: [Finding] = [], expected: [Member] = []) {
        findings = failures
        longestSilence = reports.flatMap { $0.silence.values }.max()
        for report in reports { judge(report, expected) }
        if reports.count > 1 { compare(reports) }
        rings = RingVerdict.rings(of: reports)
        if rings.count > 1 {
            findings.append(
                Finding(
                    .critical,
                    "\(rings.count) rings: "
                        + rings.map { $0.map(\.description).joined(separator: ", ") }
                        .joined(separator: " / ")))
        }
        // Stable, and what concerns the whole ring first among equals.
        let order = findings.enumerated().sorted { a, b in
            a.element.severity != b.element.severity
                ? a.element.severity > b.element.severity
                : a.element.text.contains("rings: ") != b.element.text.contains("rings: ")
                    ? a.element.text.contains("rings: ") : a.offset < b.offset
        }
        findings = order.map(\.element)
    }

    private mutating func add(_ severity: Severity, _ text: String) {
        findings.append(Finding(severity, text))
    }

    private mutating func judge(_ report: RingReport, _ expected: [Member]) {
        let name = report.name
        for member in expected where !report.members.contains(member) {
            add(.critical, "\(name) doesn't know \(member)")
        }
        if report.own == nil { add(.warning, "\(name) doesn't say which member it is") }
        if report.isHandshaked == false {
            add(.warning, "\(name) has not joined its ring yet")
        } else if report.isSynced == false {
            add(.warning, "\(name) is syncing")
        }
        if report.isIsolated {
            add(
                .critical,
                "\(name) is alone: it knows \(report.members.count - 1) other members and is linked "
                    + "to none")
            return
        }
        for side in [Side.left, .right] {
            let linked = side == .left ? report.left : report.right
            if let wanted = side == .left ? report.expected?.left : report.expected?.right,
                linked != wanted
            {
                let instead = linked.map { "to \($0)" } ?? "to nobody"
                add(
                    .critical,
                    "\(name) should have \(wanted) on its \(side.rawValue) and is linked \(instead)")
            }
            if let linked, let silence = report.silence[side], silence > RingVerdict.silenceLimit {
                add(.critical, "\(name) has heard nothing from \(linked) for \(Int(silence)) s")
            }
        }
    }

    private mutating func compare(_ reports: [RingReport]) {
        let known = reports.reduce(into: Set<Member>()) { $0.formUnion($1.members) }
        for report in reports {
            for member in known.subtracting(report.members).sorted() {
                add(.critical, "\(report.name) doesn't know \(member)")
            }
        }
        compareLinks(reports)
        compareBackends(reports)
    }

    /// One's right neighbour has it on its left.
    private mutating func compareLinks(_ reports: [RingReport]) {
        for report in reports {
            guard let own = report.own else { continue }
            for (side, neighbor) in [("right", report.right), ("left", report.left)] {
                guard let neighbor, let other = reports.first(where: { $0.own == neighbor }) else {
                    continue
                }
                let back = side == "right" ? other.left : other.right
                guard back != own else { continue }
                let edge = side == "right" ? "\(own) - \(neighbor)" : "\(neighbor) - \(own)"
                add(
                    .critical,
                    "the edge \(edge) is missing: \(neighbor) is linked "
                        + (back.map { "to \($0)" } ?? "to nobody") + " there")
            }
        }
    }

    private mutating func compareBackends(_ reports: [RingReport]) {
        let known = reports.map { report in
            Dictionary(report.backends.map { ($0.key, $0) }) { first, _ in first }
        }
        for key in Set(known.flatMap(\.keys)).sorted() {
            var views: [String: [String]] = [:]
            for (report, backends) in zip(reports, known) {
                let state = backends[key]
                let text =
                    state.map { state in
                        "\(state.isUp == false ? "down" : "up") with \(state.vhosts) vhosts"
                    } ?? "unknown"
                views[text, default: []].append(report.name)
            }
            guard views.count > 1 else { continue }
            let name = key.tag.isEmpty ? "\(key.address)" : "\(key.address)@\(key.tag)"
            add(
                .warning,
                "backend \(name) is "
                    + views.sorted { $0.key < $1.key }
                    .map { "\($0.key) at \($0.value.joined(separator: ", "))" }
                    .joined(separator: ", "))
        }
    }

    /// The directors that were asked, grouped by who is linked to whom.
    private static func rings(of reports: [RingReport]) -> [[Member]] {
        var groups: [Set<Member>] = []
        for report in reports {
            guard let own = report.own else { continue }
            // A link that has gone silent still stands in the list, and holds nothing together.
            let linked = [Side.left, .right].compactMap { side -> Member? in
                (report.silence[side] ?? 0) > silenceLimit
                    ? nil : side == .left ? report.left : report.right
            }
            var group = Set(linked + [own])
            for known in groups where !known.isDisjoint(with: group) { group.formUnion(known) }
            groups.removeAll { !$0.isDisjoint(with: group) }
            groups.append(group)
        }
        let asked = Set(reports.compactMap(\.own))
        return groups.map { $0.intersection(asked).sorted() }.filter { !$0.isEmpty }
            .sorted { $0[0] < $1[0] }
    }
}
