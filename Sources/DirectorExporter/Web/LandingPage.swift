internal import AdminProbe
internal import BuildInformation
internal import DirectorRing
internal import NIOHTTP1

/// The page for people: the ring, the backends and what happened lately. Needs no script.
struct LandingPage {
    let html: String

    /// - Parameter port: where the other members' exporters are likely to serve their pages.
    init(_ contents: Board.Contents, telemetryPath: String, port: Int?) {
        let record = contents.record
        let name =
            record?.observation?.snapshot.ownMember ?? record?.lastKnownDirector
        let title = name.map { "\($0)" } ?? "Dovecot Director"
        var main = ""
        var isGood = false
        if let observation = record?.observation, let now = record?.lastSuccess {
            let view = RingView(observation.snapshot, now: now)
            isGood = view.isWhole
            main += LandingPage.verdict(view.verdict, contents.status, isGood: isGood)
            main += "<section aria-label=\"Ring\">\n<h2>Ring</h2>\n<div class=\"pair\">\n"
            main += RingDrawing(view).svg + LandingPage.members(view, port: port)
            main += "</div>\n</section>\n<section aria-label=\"Backends\">\n<h2>Backends</h2>\n"
            main += BackendTable(observation.snapshot.backends, observation.hashShares).html
            main += "</section>\n"
        } else {
            let word = contents.isReady ? "The director does not answer" : "Starting"
            main += LandingPage.verdict(word, contents.status, isGood: false)
        }
        main += LandingPage.events(record?.recentEvents ?? [])
        html = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(isGood ? "" : "⚠ ")\(HTMLText.escaped(title))</title>
            <style>
            \(LandingPage.style)
            </style>
            </head>
            <body>
            <header><h1>\(HTMLText.escaped(title))</h1>
            <p id="stale" class="bad" role="status" hidden>This page is no longer fresh: the exporter does not answer.</p></header>
            <main aria-live="polite">
            \(main)</main>
            <footer><a href="\(HTMLText.escaped(telemetryPath))">Metrics</a>
            <a href="/api/v1/ring">Ring as JSON</a> <a href="/sd">Service discovery</a>
            <a href="/-/healthy">Healthy</a> <a href="/-/ready">Ready</a>
            <p>What the metrics, events and alerts mean:
            <a href="file:///usr/share/doc/dovecot-director-exporter/">\
            /usr/share/doc/dovecot-director-exporter/</a></p>
            <p>\(HTMLText.escaped(BuildInfo.line))</p></footer>
            <script src="/page.js" defer></script>
            </body>
            </html>

            """
    }

    var answer: HTTPAnswer {
        HTTPAnswer(
            .ok, contentType: "text/html; charset=utf-8",
            headers: [
                "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; "
                    + "script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
                    + "frame-ancestors 'none'",
                "Referrer-Policy: no-referrer", "Cache-Control: no-store",
            ], body: html)
    }

    private static func verdict(_ text: String, _ status: String, isGood: Bool) -> String {
        "<p class=\"verdict \(isGood ? "good" : "bad")\"><strong>\(HTMLText.escaped(text))</strong>"
            + "<br><small>\(HTMLText.escaped(status))</small></p>\n"
    }

    private static func members(_ view: RingView, port: Int?) -> String {
        var rows = ""
        for state in view.snapshot.members {
            let isOwn = state.member == view.snapshot.ownMember
            var notes: [String] = isOwn ? ["this director"] : []
            if state.isBeingRemoved { notes.append("being removed") }
            var kind = ""
            for edge in view.edges where edge.member == state.member {
                var note = "\(edge.side.rawValue) neighbour, \(edge.state.words)"
                if let silence = edge.silence { note += " (heard \(Int(silence)) s ago)" }
                notes.append(note)
                if edge.state != .healthy { kind = " class=\"bad\"" }
            }
            let name = HTMLText.escaped(state.member)
            let address = state.member.address
            let host = address.isIPv6 ? "[\(address)]" : "\(address)"
            let cell =
                isOwn || port == nil
                ? name : "<a href=\"//\(host):\(port ?? 0)/\">\(name)</a>"
            rows += "<tr><th scope=\"row\">\(cell)</th>"
                + "<td\(kind)>\(HTMLText.escaped(notes.joined(separator: "; ")))</td></tr>\n"
        }
        return """
            <div class="wide"><table>
            <caption>Members in the ring's order</caption>
            <thead><tr><th scope="col">Member</th><th scope="col">Link</th></tr></thead>
            <tbody>
            \(rows)</tbody>
            </table></div>

            """
    }

    private static func events(_ events: [RingEvent]) -> String {
        guard !events.isEmpty else { return "" }
        let rows = events.map { event in
            let kind = event.kind.priority <= 4 ? " class=\"bad\"" : ""
            return "<tr><th scope=\"row\"><time>\(Timestamp.text(event.observedAt))</time></th>"
                + "<td\(kind)>\(HTMLText.escaped(event.message))</td></tr>\n"
        }.joined()
        return """
            <section aria-label="Recent events">
            <h2>Recent events</h2>
            <div class="wide"><table>
            <thead><tr><th scope="col">Time</th><th scope="col">Event</th></tr></thead>
            <tbody>
            \(rows)</tbody>
            </table></div>
            </section>

            """
    }

    private static let style = """
        :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif;
          --good: #19733d; --bad: #b3261e; --notice: #7a5b00; --line: #8886; --bar: #3b7dd8 }
        @media (prefers-color-scheme: dark) {
          :root { --good: #7ddc9a; --bad: #ff9b92; --notice: #e8c35a; --bar: #6ea8ff } }
        body { margin: 0 auto; max-width: 72rem; padding: 0 1rem 2rem }
        h1 { font-size: 1.4rem } h2 { font-size: 1.15rem; margin: 1.5rem 0 .5rem }
        a { color: inherit } footer a { margin-right: 1rem }
        .good { color: var(--good) } .bad { color: var(--bad) } .notice { color: var(--notice) }
        .verdict { border-left: .4rem solid; padding: .5rem 1rem; font-size: 1.15rem }
        .pair { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start }
        .pair > * { flex: 1 1 20rem }
        .wide { overflow-x: auto }
        table { border-collapse: collapse; width: 100% }
        caption { text-align: left; font-size: .9rem; padding-bottom: .3rem }
        th, td { text-align: left; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--line);
          font-weight: normal; white-space: nowrap }
        thead th { font-weight: 600 } td:last-child { white-space: normal }
        .number { text-align: right; font-variant-numeric: tabular-nums }
        .bar { min-width: 9rem; width: 40% }
        .bar div { position: relative; height: 1.3rem }
        .bar i { position: absolute; inset: .15rem auto .15rem 0; background: var(--bar); opacity: .55 }
        .bar b { position: absolute; top: 0; bottom: 0; border-left: 2px solid currentColor }
        .bar span { position: relative; padding-left: .4rem; font-size: .85rem }
        @media (max-width: 40rem) { .spare { display: none } .bar { min-width: 6rem }
          th, td { padding-right: .5rem } time { white-space: normal } }
        svg.ring { max-width: 100%; height: auto }
        svg text { font-size: 13px; fill: currentColor } svg text.own { font-weight: 700 }
        .order { fill: none; stroke: var(--line); stroke-dasharray: 3 5 }
        .link { fill: none; stroke-width: 4 }
        .link.healthy { stroke: var(--good) }
        .link.silent, .link.astray { stroke: var(--bad); stroke-dasharray: 12 4 }
        .link.handshaking { stroke: var(--notice); stroke-dasharray: 6 4 }
        .link.missing { stroke: var(--bad); stroke-dasharray: 2 7 }
        .member { stroke: currentColor; stroke-width: 2; fill: Canvas }
        .member.own { fill: var(--bar) } .member.leaving { stroke-dasharray: 3 3 }
        """
}
