internal import AdminProbe
internal import DirectorControl

/// What a change would do, by what the director says now.
enum Rehearsal {
    /// Prints what would be asked for and what is there now.
    static func show(
        _ change: Change, _ dialogue: AdminDialogue, _ invocation: Invocation
    ) throws(Stop) {
        let state = try state(of: change, dialogue, invocation)
        invocation.output.write("would ask for: \(change.text)\nnow: \(state)\n")
    }

    /// What the director says of what a change is about, in one line.
    static func state(
        of change: Change, _ dialogue: AdminDialogue, _ invocation: Invocation
    ) throws(Stop) -> String {
        let ring = try ringState(dialogue, invocation)
        let subject: String
        switch change {
        case .setHost(let address, _, _), .updateHost(let address, _, _), .bringUp(let address),
            .takeDown(let address), .removeHost(let address), .resetUsers(let address?, _),
            .flushHost(let address?):
            subject = try hostState(address, dialogue, invocation)
        case .resetUsers(nil, _), .flushHost(nil):
            subject = try hostState(nil, dialogue, invocation)
        case .moveUser(let hash, let address):
            let user = try userState(Array("\(hash)".utf8), dialogue, invocation)
            subject = "\(user); \(try hostState(address, dialogue, invocation))"
        case .kickUser(let name): subject = try userState(name, dialogue, invocation)
        case .kickByField: subject = "the director can't tell whom that is"
        case .addDirector(let address, let port), .removeDirector(let address, let port):
            subject = try memberState(address, port, dialogue, invocation)
        }
        return "\(subject); \(ring)"
    }

    private static func ringState(
        _ dialogue: AdminDialogue, _ invocation: Invocation
    ) throws(Stop) -> String {
        var status = "the director says nothing of its ring"
        try invocation.list(.directorList, dialogue) { line in
            let fields = ListFields(line)
            if fields.count > 4, fields[2].elementsEqual("self".utf8) {
                status = String(decoding: fields[4], as: UTF8.self)
            }
        }
        return status
    }

    /// - Parameter address: nil for all backends.
    private static func hostState(
        _ address: String?, _ dialogue: AdminDialogue, _ invocation: Invocation
    ) throws(Stop) -> String {
        var states: [String] = []
        var backends = 0
        var users: UInt64 = 0
        try invocation.list(.hostList, dialogue) { line in
            let fields = ListFields(line)
            guard fields.count >= 3 else { return }
            let count = String(decoding: fields[2], as: UTF8.self)
            backends += 1
            users = users.addingReportingOverflow(UInt64(count) ?? 0).partialValue
            guard let address, fields[0].elementsEqual(address.utf8) else { return }
            let isDown = fields.count > 4 && fields[4].first == UInt8(ascii: "D")
            let tag = fields.count > 3 && !fields[3].isEmpty
                ? "@" + String(decoding: fields[3], as: UTF8.self) : ""
            states.append(
                "\(address)\(tag) is \(isDown ? "down" : "up"), with "
                    + "\(String(decoding: fields[1], as: UTF8.self)) vhosts and \(count) users")
        }
        guard let address else { return "\(backends) backends with \(users) users" }
        return states.isEmpty ? "\(address) is no backend" : states.joined(separator: ", ")
    }

    private static func userState(
        _ name: [UInt8], _ dialogue: AdminDialogue, _ invocation: Invocation
    ) throws(Stop) -> String {
        try UserName.check(name)
        let line: [UInt8]?
        do throws(DialogueFault) {
            line = try dialogue.line(.userLookup(name: name, tag: []))
        } catch {
            throw error.stop
        }
        let text = String(decoding: name, as: UTF8.self)
        let reply = line ?? []
        let fields = ListFields(reply.span)
        guard fields.count >= 3 else { return "nothing is known of user \(text)" }
        let current = String(decoding: fields[0], as: UTF8.self)
        let hashed = String(decoding: fields[2], as: UTF8.self)
        return current.isEmpty
            ? "user \(text) is on no backend, and would be on \(hashed.isEmpty ? "none" : hashed)"
            : "user \(text) is on \(current)"
    }

    private static func memberState(
        _ address: String, _ port: UInt16?, _ dialogue: AdminDialogue, _ invocation: Invocation
    ) throws(Stop) -> String {
        var states: [String] = []
        try invocation.list(.directorList, dialogue) { line in
            let fields = ListFields(line)
            guard fields.count >= 3, fields[0].elementsEqual(address.utf8),
                port.map({ fields[1].elementsEqual("\($0)".utf8) }) ?? true
            else { return }
            let type = String(decoding: fields[2], as: UTF8.self)
            states.append(
                "\(address) port \(String(decoding: fields[1], as: UTF8.self)) is a member"
                    + (type.isEmpty ? " without a connection to this one" : " (\(type))"))
        }
        return states.isEmpty ? "\(address) is no member" : states.joined(separator: ", ")
    }
}
