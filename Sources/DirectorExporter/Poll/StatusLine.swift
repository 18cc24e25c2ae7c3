internal import AdminProbe
internal import DirectorRing

/// One line that an operator understands, for the service manager and for people.
struct StatusLine {
    let text: String

    init(_ record: PollRecord, fault: AdminFault?) {
        guard let snapshot = record.observation?.snapshot else {
            let name = record.lastKnownDirector.map { "\($0): " } ?? ""
            text = name + "the director can't be asked" + (fault.map { ": \($0.message)" } ?? "")
            return
        }
        var parts: [String] = []
        switch snapshot.status {
        case .synced?: parts.append("ring synced")
        case .syncing?: parts.append("ring syncing")
        case .handshaking?: parts.append("ring handshaking")
        case nil: parts.append("ring state unknown")
        }
        let count = snapshot.order.count
        parts.append(count == 1 ? "1 member" : "\(count) members")
        if snapshot.isIsolated == true {
            parts.append("linked to none of them")
        } else if let expected = snapshot.expected {
            for (side, wanted, linked) in [
                ("left", expected.left, snapshot.left), ("right", expected.right, snapshot.right),
            ] where wanted != linked {
                parts.append("\(side) neighbour \(wanted) is not linked")
            }
        }
        let down = snapshot.backends.count { $0.isUp == false }
        let backends = snapshot.backends.count
        parts.append(
            (backends == 1 ? "1 backend" : "\(backends) backends")
                + (down > 0 ? " (\(down) down)" : ""))
        text = (snapshot.ownMember.map { "\($0): " } ?? "") + parts.joined(separator: ", ")
    }
}
