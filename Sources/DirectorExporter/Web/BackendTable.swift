internal import AdminProbe
internal import DirectorRing

/// The backends for people: users as bars against the share that each should have.
struct BackendTable {
    let html: String

    /// Beyond this many rows the page says how many there are.
    static let mostRows = 500

    init(_ backends: [Backend], _ shares: HashShares?) {
        var totals: [String: (users: UInt64, vhosts: UInt64)] = [:]
        for backend in backends {
            totals[backend.key.tag, default: (0, 0)].users += backend.users
            if backend.isUp != false {
                totals[backend.key.tag, default: (0, 0)].vhosts += backend.vhosts
            }
        }
        // The longest bar takes the whole column.
        var lines: [(backend: Backend, share: Double, expected: Double)] = []
        var longest = 0.000_001
        for (index, backend) in backends.enumerated() {
            let total = totals[backend.key.tag] ?? (0, 0)
            let share = total.users > 0 ? Double(backend.users) / Double(total.users) : 0
            let isUp = backend.isUp != false
            let byVhosts =
                isUp && total.vhosts > 0 ? Double(backend.vhosts) / Double(total.vhosts) : 0
            let expected = shares.map { $0.values[index] } ?? byVhosts
            longest = max(longest, share, expected)
            if index < BackendTable.mostRows { lines.append((backend, share, expected)) }
        }
        let rows = lines.map { BackendTable.row($0.backend, $0.share, $0.expected, longest) }
        let more =
            backends.count > BackendTable.mostRows
            ? "<p>… and \(backends.count - BackendTable.mostRows) more; all are in the metrics.</p>\n"
            : ""
        let basis = shares == nil ? "vhosts" : "the director's hash"
        html = """
            <div class="wide"><table>
            <caption>Each bar is a backend's share of its tag's users; the mark is the share that \
            \(basis) would give it.</caption>
            <thead><tr><th scope="col">Backend</th><th scope="col" class="tag">Tag</th><th scope="col">State</th>\
            <th scope="col" class="number spare">Vhosts</th><th scope="col" class="number">Users</th>\
            <th scope="col">Share</th><th scope="col" class="number spare">Expected</th></tr></thead>
            <tbody>
            \(rows.joined())</tbody>
            </table></div>
            \(more)
            """
    }

    private static func row(
        _ backend: Backend, _ share: Double, _ expected: Double, _ longest: Double
    ) -> String {
        let state: (word: String, kind: String) =
            switch backend.isUp {
            case true?: backend.vhosts == 0 ? ("draining", "notice") : ("up", "good")
            case false?: backend.users > 0 ? ("down, with users", "bad") : ("down", "notice")
            case nil: ("unknown", "notice")
            }
        let address = HTMLText.escaped(backend.key.address)
        return "<tr><th scope=\"row\">\(address)</th><td class=\"tag\">\(HTMLText.escaped(backend.key.tag))</td>"
            + "<td class=\"\(state.kind)\">\(state.word)</td>"
            + "<td class=\"number spare\">\(backend.vhosts)</td><td class=\"number\">\(backend.users)</td>"
            + "<td class=\"bar\"><div><i style=\"width:\(percent(share / longest))\"></i>"
            + "<b style=\"left:\(percent(expected / longest))\"></b>"
            + "<span>\(percent(share))</span></div></td>"
            + "<td class=\"number spare\">\(percent(expected))</td></tr>\n"
    }

    private static func percent(_ ratio: Double) -> String {
        let tenths = Int((max(0, min(1, ratio)) * 1000).rounded())
        return "\(tenths / 10).\(tenths % 10)%"
    }
}
