/// Carrying out orders.
extension AdminDesk {
    /// - Returns: what there is to say, with an end of line; nothing for most.
    package mutating func carryOut(_ order: Order) throws(Order.Invalid) -> String {
        defer { settle() }
        switch order {
        case .status: return status
        case .faults: return faultList
        case .fault(var fault, let lasting):
            if let lasting { fault.until = now + lasting }
            return "\(faults.add(fault))\n"
        case .clear(let number?):
            guard faults.remove(number) else {
                throw Order.Invalid(description: "there is no fault \(number)")
            }
            return ""
        case .clear(nil):
            faults.removeAll()
            return ""
        case .members, .wait, .end: return ""
        default: break
        }
        guard ring != nil else {
            throw Order.Invalid(description: "a recording can't be changed, only its faults")
        }
        switch order {
        case .path(let from, let to, let path, let bothWays):
            for a in from {
                for b in to {
                    ring?.setPath(from: a, to: b, path)
                    if bothWays { ring?.setPath(from: b, to: a, path) }
                }
            }
        case .split(let groups):
            for (index, group) in groups.enumerated() {
                for other in groups[(index + 1)...] {
                    for a in group {
                        for b in other {
                            ring?.setPath(from: a, to: b, .dropped)
                            ring?.setPath(from: b, to: a, .dropped)
                        }
                    }
                }
            }
        case .healAll: ring?.heal()
        case .stop(let members): for member in members { ring?.stop(member) }
        case .start(let members): for member in members { ring?.start(member) }
        case .crash(let members): for member in members { ring?.crash(member) }
        case .restart(let members, let span): for member in members { ring?.restart(member, after: span) }
        case .hang(let members): for member in members { ring?.hang(member) }
        case .resume(let members): for member in members { ring?.resume(member) }
        case .logins(let rate): ring?.loginsPerSecond = rate
        case .fault, .clear, .status, .members, .faults, .wait, .end: break
        }
        return ""
    }

    /// What is wrong with the ring that these members should be; nil where nothing is.
    ///
    /// - Parameter members: nil for those that run.
    package func complaint(_ members: [Int]?) -> String? {
        guard let ring else { return nil }
        let members = members ?? ring.slots.indices.filter { ring.slots[$0].state == .running }
        guard !members.isEmpty else { return "no member runs" }
        let order = members.sorted { ring.slots[$0].member < ring.slots[$1].member }
        for (position, member) in order.enumerated() {
            let name = "member \(member + 1)"
            guard let director = ring.slots[member].director, ring.slots[member].state == .running else {
                return "\(name) is \(ring.slots[member].state)"
            }
            guard director.isSynced else { return "\(name) isn't synced" }
            let left = ring.slots[order[(position + order.count - 1) % order.count]].member
            let right = ring.slots[order[(position + 1) % order.count]].member
            let expected = order.count > 1 ? [left, right] : []
            let linked = [director.leftMember, director.rightMember].compactMap { $0 }
            guard linked == expected, director.links.count == expected.count else {
                return "\(name) isn't linked to its neighbours alone"
            }
        }
        return nil
    }

    private var status: String {
        guard let ring else {
            guard let playback else { return "" }
            let position = playback.position(at: now).components.seconds
            let events = playback.events.filter { $0.at <= playback.position(at: now) }
            return "recording \(playback.scenario), \(position) s of "
                + "\(playback.length.components.seconds) s played\n"
                + events.map { "\($0.at.components.seconds) s: \($0.text)\n" }.joined() + faultList
        }
        var table = [["MEMBER", "ADDRESS", "STATE", "SAYS", "LEFT", "RIGHT", "USERS"]]
        for (index, slot) in ring.slots.enumerated() {
            let director = slot.director
            let users = director.map { director in
                director.hosts.rows.reduce(0) { $0 + Int(director.hosts.userCount($1)) }
            }
            let says = director.map { !$0.isHandshaked ? "handshaking" : $0.isSynced ? "synced" : "syncing" }
            table.append([
                "\(index + 1)", "\(slot.member)", slot.state.rawValue, says ?? "-",
                director?.leftMember.map { "\($0)" } ?? "-", director?.rightMember.map { "\($0)" } ?? "-",
                users.map { "\($0)" } ?? "-",
            ])
        }
        var text = AdminDesk.aligned(table)
        for (pair, path) in ring.paths.sorted(by: { ($0.key.from, $0.key.to) < ($1.key.from, $1.key.to) }) {
            let what =
                switch path {
                case .dropped: "cut"
                case .answeredWithResets: "reset"
                case .lossy(let percent): "\(percent) % lost"
                }
            text += "path \(pair.from + 1) -> \(pair.to + 1): \(what)\n"
        }
        return text + faultList
    }

    private static func aligned(_ table: [[String]]) -> String {
        guard let header = table.first else { return "" }
        let widths = header.indices.map { column in table.map { $0[column].count }.max() ?? 0 }
        return table.map { row in
            var line = ""
            for (cell, width) in zip(row, widths) {
                line += cell + String(repeating: " ", count: width - cell.count + 2)
            }
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }

    private var faultList: String {
        faults.faults.map { number, fault in
            var text = "fault \(number): \(fault.kind) at \(fault.point)"
            if let members = fault.members {
                text += " of member " + members.sorted().map { "\($0 + 1)" }.joined(separator: ",")
            }
            if let count = fault.count { text += ", \(count) times" }
            return text + "\n"
        }.joined()
    }
}
