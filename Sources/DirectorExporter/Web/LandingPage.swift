internal import AdminProbe
internal import DirectorRing

/// The page for people.
struct LandingPage {
    let html: String

    init(_ contents: Board.Contents, telemetryPath: String) {
        var body = "<h1>Dovecot Director</h1>\n<p>\(LandingPage.escaped(contents.status))</p>\n"
        if let record = contents.record {
            if let snapshot = record.observation?.snapshot {
                body += LandingPage.ring(snapshot) + LandingPage.backends(snapshot)
            }
            body += LandingPage.events(record.recentEvents)
        }
        html = """
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <title>dovecot-director-exporter</title>
            <style>
            :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
            body { margin: 1rem auto; max-width: 60rem; padding: 0 1rem }
            table { border-collapse: collapse }
            th, td { text-align: left; padding: .2rem .8rem .2rem 0 }
            td.number { text-align: right }
            </style>
            \(body)<p><a href="\(LandingPage.escaped(telemetryPath))">Metrics</a> ·
            <a href="/-/healthy">healthy</a> · <a href="/-/ready">ready</a> ·
            \(LandingPage.escaped(BuildInfo.line))</p>
            </html>

            """
    }

    private static func ring(_ snapshot: RingSnapshot) -> String {
        var rows = ""
        for state in snapshot.members {
            var notes: [String] = []
            if state.member == snapshot.ownMember { notes.append("this director") }
            if state.isBeingRemoved { notes.append("being removed") }
            for side in [Side.left, .right] where snapshot.neighbor(on: side) == state.member {
                notes.append("\(side.rawValue) neighbour, linked")
            }
            if let expected = snapshot.expected {
                if expected.left == state.member, snapshot.left != state.member {
                    notes.append("left neighbour, not linked")
                }
                if expected.right == state.member, snapshot.right != state.member {
                    notes.append("right neighbour, not linked")
                }
            }
            rows += "<tr><td>\(escaped(state.member.description))</td>"
                + "<td>\(escaped(notes.joined(separator: ", ")))</td></tr>\n"
        }
        return "<h2>Ring</h2>\n<table>\n<tr><th>Member</th><th>Link</th></tr>\n\(rows)</table>\n"
    }

    private static func backends(_ snapshot: RingSnapshot) -> String {
        var rows = ""
        for backend in snapshot.backends.prefix(500) {
            let state = backend.isUp.map { $0 ? "up" : "down" } ?? ""
            rows += "<tr><td>\(escaped(backend.key.address.description))</td>"
                + "<td>\(escaped(backend.key.tag))</td><td>\(state)</td>"
                + "<td class=\"number\">\(backend.vhosts)</td>"
                + "<td class=\"number\">\(backend.users)</td></tr>\n"
        }
        let more =
            snapshot.backends.count > 500 ? "<p>and \(snapshot.backends.count - 500) more</p>\n" : ""
        return "<h2>Backends</h2>\n<table>\n<tr><th>Backend</th><th>Tag</th><th>State</th>"
            + "<th>Vhosts</th><th>Users</th></tr>\n\(rows)</table>\n\(more)"
    }

    private static func events(_ events: [RingEvent]) -> String {
        guard !events.isEmpty else { return "" }
        let rows = events.map {
            "<tr><td>\(Timestamp.text($0.observedAt))</td><td>\(escaped($0.message))</td></tr>\n"
        }.joined()
        return "<h2>Recent events</h2>\n<table>\n\(rows)</table>\n"
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
