internal import AdminProbe
internal import DirectorRing

/// What the full-screen view shows: a value, drawn for any size.
struct WatchView {
    /// What a director has said, or why it has said nothing.
    enum Answer: Sendable {
        case snapshot(RingSnapshot, epoch: Double)
        case failure(String)
    }

    /// How the backends are ordered.
    enum Order: CaseIterable {
        case address
        case users
        case state
    }

    /// The directors' names, by where they are asked.
    let sources: [String]
    let usesColor: Bool
    let interval: Duration
    private(set) var answers: [Answer?]
    private(set) var shown = 0
    private(set) var order = Order.address
    private(set) var scroll = 0
    private(set) var showsHelp = false
    /// The lines that may be scrolled at the last drawing, and how many of them fitted.
    private var scrollable = 0
    private var page = 1

    init(sources: [String], usesColor: Bool, interval: Duration) {
        self.sources = sources
        self.usesColor = usesColor
        self.interval = interval
        answers = Array(repeating: nil, count: sources.count)
    }

    mutating func take(_ answer: Answer, of source: Int) {
        answers[source] = answer
    }

    /// Does what a key asks for. `quit` is the caller's.
    mutating func press(_ key: Key) {
        switch key {
        case .quit: break
        case .up: scroll -= 1
        case .down: scroll += 1
        case .pageUp: scroll -= page
        case .pageDown: scroll += page
        case .top: scroll = 0
        case .bottom: scroll = .max / 2
        case .next:
            shown = (shown + 1) % sources.count
            scroll = 0
        case .sort:
            let all = Order.allCases
            order = all[(all.firstIndex(of: order)! + 1) % all.count]
        case .help: showsHelp.toggle()
        }
        scroll = max(0, min(scroll, max(0, scrollable - page)))
    }

    /// The lines of the screen: never more than rows, never wider than columns.
    ///
    /// - Parameters:
    ///   - now: epoch seconds, for ages.
    ///   - clock: the time as people read it.
    mutating func draw(_ size: TerminalSize, now: Double, clock: String) -> [String] {
        var canvas = Canvas(width: max(20, size.columns), usesColor: usesColor)
        drawHead(&canvas, clock)
        if showsHelp {
            drawHelp(&canvas)
        } else {
            let fixed = canvas.lines.count
            drawBody(&canvas, now)
            let body = Array(canvas.lines[fixed...])
            page = max(1, size.rows - fixed - 1)
            scrollable = body.count
            scroll = max(0, min(scroll, max(0, scrollable - page)))
            canvas.lines = Array(canvas.lines[..<fixed]) + body.dropFirst(scroll).prefix(page)
        }
        canvas.lines = Array(canvas.lines.prefix(max(1, size.rows - 1)))
        drawFoot(&canvas, size)
        return canvas.lines
    }

    private func drawHead(_ canvas: inout Canvas, _ clock: String) {
        let verdict = verdict
        let seconds = interval.inSeconds
        let pace = seconds == seconds.rounded() ? "\(Int(seconds))s" : "\(Int(seconds * 1000))ms"
        canvas.add(
            sources.count == 1
                ? sources[0] : "\(shown + 1)/\(sources.count) \(sources[shown])",
            right: "\(clock) every \(pace)", style: .bold)
        guard let verdict else { return canvas.add("asking ...") }
        let word = "\(verdict.severity)".uppercased()
        let texts = verdict.findings.map(\.text)
        canvas.add(
            "RING \(word)" + (texts.isEmpty ? "" : ": \(texts[0])")
                + (texts.count > 1 ? " (and \(texts.count - 1) more)" : ""),
            style: style(of: verdict.severity))
    }

    /// What all directors together say.
    private var verdict: RingVerdict? {
        var reports: [RingReport] = []
        var failures: [RingVerdict.Finding] = []
        for (source, answer) in zip(sources, answers) {
            switch answer {
            case .snapshot(let snapshot, let epoch)?:
                reports.append(RingReport(source: source, snapshot, now: epoch))
            case .failure(let text)?: failures.append(RingVerdict.Finding(.critical, text))
            case nil: continue
            }
        }
        return reports.isEmpty && failures.isEmpty
            ? nil : RingVerdict(reports, failures: failures)
    }

    private func style(of severity: RingVerdict.Severity) -> Canvas.Style {
        switch severity {
        case .ok: .good
        case .warning: .warning
        case .critical, .unknown: .bad
        }
    }

    private func drawBody(_ canvas: inout Canvas, _ now: Double) {
        canvas.add("")
        switch answers[shown] {
        case nil: canvas.add("no answer yet")
        case .failure(let text)?: canvas.add(text, style: .bad)
        case .snapshot(let snapshot, let epoch)?:
            drawMembers(&canvas, snapshot, max(now, epoch))
            canvas.add("")
            drawBackends(&canvas, snapshot)
        }
    }

    private func drawMembers(_ canvas: inout Canvas, _ snapshot: RingSnapshot, _ now: Double) {
        let width = max(16, snapshot.members.map { "\($0.member)".count }.max() ?? 0)
        let columns = [width, 6, 24, 7, 7]
        canvas.add(
            row(["MEMBER", "LINK", "STATUS", "HEARD", "PING"], columns), style: .bold)
        for state in snapshot.members {
            let name = "\(state.member)"
            if state.member == snapshot.ownMember {
                let status =
                    switch snapshot.status {
                    case .synced?: "ring synced"
                    case .syncing?: "ring syncing"
                    case .handshaking?: "ring handshaking"
                    case nil: "-"
                    }
                canvas.add(
                    row([name, "self", status, "", ""], columns),
                    style: snapshot.status == .synced ? .plain : .warning)
                continue
            }
            let links = snapshot.links.filter { $0.member == state.member }
            if links.isEmpty {
                let isWanted =
                    snapshot.expected?.left == state.member || snapshot.expected?.right == state.member
                canvas.add(
                    row(
                        [name, "-", state.isBeingRemoved ? "being removed" : "no connection", "", ""],
                        columns), style: isWanted ? .bad : .plain)
            }
            for link in links {
                let age = link.traffic?.lastInput.map { max(0, now - Double($0)) }
                let isSilent = (age ?? 0) > RingVerdict.silenceLimit
                let status =
                    link.isSynced == true
                    ? "synced" : link.isHandshaked == true ? "syncing" : "handshaking"
                canvas.add(
                    row(
                        [
                            name, link.side.rawValue, isSilent ? "silent" : status,
                            age.map { Self.age($0) } ?? "never",
                            link.traffic.map { "\($0.pingMilliseconds)ms" } ?? "-",
                        ], columns),
                    style: isSilent ? .bad : link.isSynced == true ? .plain : .warning)
            }
        }
    }

    private func drawBackends(_ canvas: inout Canvas, _ snapshot: RingSnapshot) {
        let backends = sorted(snapshot.backends)
        let total = backends.reduce(UInt64(0)) { $0.addingReportingOverflow($1.users).partialValue }
        let width = max(16, backends.map { "\($0.key.address)".count }.max() ?? 0)
        let tagWidth = max(4, min(12, backends.map { $0.key.tag.count }.max() ?? 0))
        let columns = [width, tagWidth, 6, 7, 9, 6]
        canvas.add(
            row(["BACKEND", "TAG", "STATE", "VHOSTS", "USERS", "SHARE"], columns)
                + " \(backends.count) backends, \(total) users", style: .bold)
        let most = max(1, backends.map(\.users).max() ?? 1)
        for backend in backends {
            let share = total == 0 ? 0 : Double(backend.users) / Double(total)
            let text = row(
                [
                    "\(backend.key.address)", backend.key.tag,
                    backend.isUp == false ? "down" : "up", "\(backend.vhosts)", "\(backend.users)",
                    "\(Int((share * 100).rounded()))%",
                ], columns)
            let room = max(0, canvas.width - text.count - 1)
            let bar = String(
                repeating: "#",
                count: Int(Double(min(room, 40)) * Double(backend.users) / Double(most)))
            let style: Canvas.Style =
                backend.isUp == false
                ? (backend.users > 0 ? .bad : .warning) : backend.vhosts == 0 ? .warning : .plain
            canvas.add(text + " " + bar, style: style)
        }
    }

    private func sorted(_ backends: [Backend]) -> [Backend] {
        switch order {
        case .address: backends
        case .users: backends.sorted { ($1.users, $0.key) < ($0.users, $1.key) }
        case .state:
            backends.sorted { a, b in
                (a.isUp == false) != (b.isUp == false) ? a.isUp == false : a.key < b.key
            }
        }
    }

    private func drawHelp(_ canvas: inout Canvas) {
        for line in [
            "", "q          quit", "up, down   scroll; also j, k, page up and down, space, b, g, G",
            "tab        the next director, where several are watched",
            "s          order of the backends: address, users, state", "?          this", "",
            "HEARD is the time since the last word on a link. A healthy neighbour speaks every",
            "fifteen seconds; one that is silent for twenty is cut off or hung, long before the",
            "directors notice it, and both sides of a split soon say 'ring synced' again.",
        ] { canvas.add(line) }
    }

    private func drawFoot(_ canvas: inout Canvas, _ size: TerminalSize) {
        while canvas.lines.count < size.rows - 1 { canvas.add("") }
        let position =
            scrollable > page
            ? "\(scroll + 1)-\(min(scroll + page, scrollable)) of \(scrollable)" : ""
        canvas.add(
            "q quit  arrows scroll  s sort (\(order))" + (sources.count > 1 ? "  tab next" : "")
                + "  ? help", right: position, style: .faint)
    }

    private func row(_ cells: [String], _ widths: [Int]) -> String {
        zip(cells, widths).map { cell, width in
            cell + String(repeating: " ", count: max(0, width - cell.count))
        }.joined(separator: " ")
    }

    /// `7s`, `3m05s`.
    private static func age(_ seconds: Double) -> String {
        let whole = Int(min(seconds, 1e9))
        return whole < 120 ? "\(whole)s" : "\(whole / 60)m\(whole % 60 < 10 ? "0" : "")\(whole % 60)s"
    }
}
