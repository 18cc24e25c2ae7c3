internal import AdminProbe
internal import DirectorRing

/// What survives the exporter: the last logged view, and the events that the journal has not
/// taken yet.
package struct SavedState: Equatable, Sendable {
    /// The socket that the view was taken from: another director's view is no baseline.
    var socket: String
    var view: LoggedView
    var pending: [RingEvent]
}

/// The text of a state file. Lines of TAB separated fields, a version first, a checksum last.
extension SavedState {
    static let header = "dovecot-director-exporter state 1"

    package struct Malformed: Error, Equatable, CustomStringConvertible {
        package var description: String
    }

    package func encoded() -> [UInt8] {
        var text = SavedState.header + "\n"
        func line(_ fields: String...) {
            text += fields.map(SavedState.escape).joined(separator: "\t") + "\n"
        }
        func flag(_ value: Bool?) -> String { value.map { $0 ? "1" : "0" } ?? "-" }
        func number(_ value: UInt64?) -> String { value.map { "\($0)" } ?? "-" }

        line("socket", socket)
        line(
            "view", flag(view.isReachable), flag(view.hasBaseline), flag(view.isSynced),
            flag(view.isIsolated), flag(view.isIsolationLogged))
        if let director = view.director { line("director", director.description) }
        for member in view.members { line("member", member.description) }
        for (name, neighbor) in [("left", view.left), ("right", view.right)] {
            guard let neighbor else { continue }
            line(
                name, neighbor.member.description, number(neighbor.bytesReceived),
                number(neighbor.bytesSent),
                // Two bits: an earlier version reads what it knows.
                "\((neighbor.isSilent ? 1 : 0) | (neighbor.isStalled ? 2 : 0))")
        }
        for backend in view.backends {
            line(
                "backend", backend.key.address.description, backend.key.tag, "\(backend.vhosts)",
                flag(backend.isUp))
        }
        for event in pending {
            line(
                "event", event.id, event.kind.rawValue, RingEvent.seconds(event.observedAt),
                event.director?.description ?? "",
                event.ringMembers.map(\.description).joined(separator: " "),
                event.member?.description ?? "", event.side?.rawValue ?? "",
                event.backend?.address.description ?? "", event.backend?.tag ?? "",
                event.old.map { "=" + $0 } ?? "", event.new.map { "=" + $0 } ?? "")
        }
        return SavedState.closed(Array(text.utf8))
    }

    /// A whole file with these lines between the first and the last.
    package static func sealed(_ lines: [UInt8]) -> [UInt8] {
        closed(Array((header + "\n").utf8) + lines + (lines.last == UInt8(ascii: "\n") ? [] : [UInt8(ascii: "\n")]))
    }

    private static func closed(_ bytes: [UInt8]) -> [UInt8] {
        bytes + "end\t\(checksum(bytes[...]))\n".utf8
    }

    /// Reads a file back.
    ///
    /// - Throws: what is wrong with it: nothing of a damaged file is used.
    package init(decoding bytes: [UInt8]) throws(Malformed) {
        guard bytes.last == UInt8(ascii: "\n"),
            let lastBreak = bytes.dropLast().lastIndex(of: UInt8(ascii: "\n")),
            let text = String(validating: bytes, as: UTF8.self)
        else { throw Malformed(description: "it is cut short or no text") }
        // By scalars: a CR at the end of a field and the LF behind it are one character.
        var lines = text.unicodeScalars.split(separator: "\n").map(Substring.init)
        guard lines.first == SavedState.header[...] else {
            throw Malformed(description: "it is not of this version")
        }
        let body = bytes[...lastBreak]
        guard lines.last.map(String.init) == "end\t\(SavedState.checksum(body))" else {
            throw Malformed(description: "its checksum is wrong")
        }
        lines.removeFirst()
        lines.removeLast()
        self.init(socket: "", view: LoggedView(), pending: [])
        for line in lines {
            let fields = line.unicodeScalars.split(separator: "\t", omittingEmptySubsequences: false)
                .map { SavedState.unescape(Substring($0)) }
            guard apply(fields) else {
                throw Malformed(description: "a line can't be read: \(line.prefix(80))")
            }
        }
    }

    private mutating func apply(_ fields: [String]) -> Bool {
        func member(_ text: String) -> Member? { Member(text) }
        func flag(_ text: String) -> Bool? { text == "-" ? nil : text == "1" }
        switch (fields[0], fields.count) {
        case ("socket", 2):
            socket = fields[1]
        case ("view", 6):
            view.isReachable = flag(fields[1])
            view.hasBaseline = flag(fields[2]) ?? false
            view.isSynced = flag(fields[3])
            view.isIsolated = flag(fields[4]) ?? false
            view.isIsolationLogged = flag(fields[5]) ?? false
        case ("director", 2):
            view.director = member(fields[1])
            return view.director != nil
        case ("member", 2):
            guard let member = member(fields[1]) else { return false }
            view.members.append(member)
        case ("left", 5), ("right", 5):
            guard let member = member(fields[1]) else { return false }
            let neighbor = LoggedView.Neighbor(
                member: member, bytesReceived: UInt64(fields[2]), bytesSent: UInt64(fields[3]),
                isSilent: fields[4] == "1" || fields[4] == "3",
                isStalled: fields[4] == "2" || fields[4] == "3")
            if fields[0] == "left" { view.left = neighbor } else { view.right = neighbor }
        case ("backend", 5):
            guard let address = IPAddress(fields[1]), let vhosts = UInt64(fields[3]) else {
                return false
            }
            view.backends.append(
                BackendState(
                    key: BackendKey(address: address, tag: fields[2]), vhosts: vhosts,
                    isUp: flag(fields[4])))
        case ("event", 12):
            guard let event = SavedState.event(fields) else { return false }
            pending.append(event)
        default:
            return false
        }
        return true
    }

    private static func event(_ fields: [String]) -> RingEvent? {
        guard let kind = EventKind(rawValue: fields[2]), let observedAt = Double(fields[3]),
            RingEvent.times.contains(observedAt)
        else { return nil }
        let members = fields[5].split(separator: " ").map { Member(String($0)) }
        guard !members.contains(nil) else { return nil }
        return RingEvent(
            id: fields[1], kind: kind, observedAt: observedAt, director: Member(fields[4]),
            ringMembers: members.compactMap(\.self), member: Member(fields[6]),
            side: Side(rawValue: fields[7]),
            backend: IPAddress(fields[8]).map { BackendKey(address: $0, tag: fields[9]) },
            old: fields[10].isEmpty ? nil : String(fields[10].dropFirst()),
            new: fields[11].isEmpty ? nil : String(fields[11].dropFirst()))
    }

    private static func escape(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x09 || $0 == 0x0a || $0 == 0x5c }) else {
            return text
        }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\t": result += "\\t"
            case "\n": result += "\\n"
            case "\\": result += "\\\\"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func unescape(_ text: Substring) -> String {
        guard text.utf8.contains(0x5c) else { return String(text) }
        var result = ""
        var scalars = text.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            guard scalar == "\\" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            switch scalars.next() {
            case "t"?: result += "\t"
            case "n"?: result += "\n"
            case let other?: result.unicodeScalars.append(other)
            case nil: break
            }
        }
        return result
    }

    /// FNV-1a: tells a torn or edited file from a whole one.
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> String {
        var state: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(state, radix: 16)
    }
}
