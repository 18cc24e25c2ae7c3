internal import AdminProbe
internal import DirectorRing
internal import Glibc

/// The ring as a picture: its members in their order, this director and its links.
struct RingDrawing {
    let svg: String

    private static let radius = 150.0
    private static let center = (x: 260.0, y: 210.0)
    /// With more members than this only this director and its neighbours are named.
    private static let mostNames = 40
    /// With more members than this there is no room for what all names begin with.
    private static let mostWholeNames = 16

    init(_ view: RingView) {
        let snapshot = view.snapshot
        let members = snapshot.members
        let places = Dictionary(
            uniqueKeysWithValues: members.enumerated().map { index, state in
                (state.member, RingDrawing.place(index, of: members.count))
            })
        var body = ""
        if members.count > 1 {
            body += "<circle class=\"order\" cx=\"260\" cy=\"210\" r=\"150\"/>\n"
        }
        if let own = snapshot.ownMember, let from = places[own] {
            for edge in view.edges {
                guard let to = places[edge.member], edge.member != own else { continue }
                body += RingDrawing.line(edge, from, to)
            }
        }
        let named = Set(view.edges.map(\.member) + [snapshot.ownMember].compactMap(\.self))
        let names = RingDrawing.names(of: members.map(\.member))
        for (index, state) in members.enumerated() {
            let isNamed = members.count <= RingDrawing.mostNames || named.contains(state.member)
            body += RingDrawing.node(
                state, index, of: members.count, isOwn: state.member == snapshot.ownMember,
                name: isNamed ? names[index] : nil)
        }
        let links = view.edges.map {
            "\($0.side.rawValue) neighbour \($0.member) \($0.state.words)"
        }.joined(separator: ", ")
        svg = """
            <svg class="ring" viewBox="0 0 520 420" role="img" aria-labelledby="ring-title ring-text">
            <title id="ring-title">\(HTMLText.escaped(view.verdict))</title>
            <desc id="ring-text">\(members.count) members in the ring's order. \
            \(HTMLText.escaped(links))</desc>
            \(body)</svg>

            """
    }

    /// What the members are called in the picture: without the usual port, and in a large ring
    /// without what all addresses begin with.
    private static func names(of members: [Member]) -> [String] {
        let names = members.map {
            $0.port == Member.defaultPort ? $0.address.description : $0.description
        }
        guard names.count > mostWholeNames, let first = names.first else { return names }
        let common = names.dropFirst().reduce(first) { $0.commonPrefix(with: $1) }
        guard let cut = common.lastIndex(where: { $0 == "." || $0 == ":" }) else { return names }
        let length = common.distance(from: common.startIndex, to: cut)
        return names.map { String($0.dropFirst(length)) }
    }

    private static func angle(_ index: Int, of count: Int) -> Double {
        Double(index) / Double(max(1, count)) * 2 * .pi - .pi / 2
    }

    private static func place(_ index: Int, of count: Int) -> (x: Double, y: Double) {
        guard count > 1 else { return center }
        let angle = angle(index, of: count)
        return (center.x + radius * cos(angle), center.y + radius * sin(angle))
    }

    /// Both sides of a ring of two have the same peer, so the lines bend apart.
    private static func line(
        _ edge: RingView.Edge, _ from: (x: Double, y: Double), _ to: (x: Double, y: Double)
    ) -> String {
        let bend = edge.side == .left ? -0.12 : 0.12
        let middle = ((from.x + to.x) / 2 + (to.y - from.y) * bend, (from.y + to.y) / 2 - (to.x - from.x) * bend)
        let title = "\(edge.side.rawValue) neighbour \(edge.member): \(edge.state.words)"
        return "<path class=\"link \(edge.state.rawValue)\" d=\"M\(short(from.x)) \(short(from.y)) "
            + "Q\(short(middle.0)) \(short(middle.1)) \(short(to.x)) \(short(to.y))\">"
            + "<title>\(HTMLText.escaped(title))</title></path>\n"
    }

    private static func node(
        _ state: RingSnapshot.MemberState, _ index: Int, of count: Int, isOwn: Bool, name: String?
    ) -> String {
        let place = place(index, of: count)
        let size = count > 60 ? 5 : count > 20 ? 8 : 12
        let kind = isOwn ? "own" : state.isBeingRemoved ? "leaving" : "other"
        var text =
            "<circle class=\"member \(kind)\" cx=\"\(short(place.x))\" cy=\"\(short(place.y))\" "
            + "r=\"\(size)\"><title>\(HTMLText.escaped(state.member))</title></circle>\n"
        guard let name else { return text }
        let angle = angle(index, of: count)
        let away = Double(size) + 10
        let x = count > 1 ? place.x + cos(angle) * away : place.x
        let y = count > 1 ? place.y + sin(angle) * away : place.y + away + 10
        let side = cos(angle)
        let anchor = count == 1 || side.magnitude < 0.2 ? "middle" : side > 0 ? "start" : "end"
        text += "<text x=\"\(short(x))\" y=\"\(short(y + 4))\" text-anchor=\"\(anchor)\""
            + (isOwn ? " class=\"own\"" : "") + ">\(HTMLText.escaped(name))</text>\n"
        return text
    }

    private static func short(_ number: Double) -> String {
        "\((number * 10).rounded() / 10)"
    }
}

extension String {
    fileprivate func commonPrefix(with other: String) -> String {
        String(zip(self, other).prefix { $0 == $1 }.map(\.0))
    }
}
