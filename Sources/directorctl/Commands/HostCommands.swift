internal import AdminProbe
internal import DirectorControl

/// `add`, `update`, `up`, `down`, `remove`.
enum HostCommands {
    static let add = Command(
        name: "add",
        usage: "[-a <director socket path>] [-t <tag>] <host> [<vhost count>]",
        summary: "Add a backend, or change its vhosts.",
        details: """
            A backend has 100 vhosts unless told; 0 lets no new user come. The tag may stand behind
            the host: HOST@TAG.
            """,
        options: [Command.socketOption, OptionDefinition("tag", short: "t")],
        positionals: ["host", "vhost-count"],
        run: { (invocation) throws(Stop) in try setHost(invocation, isUpdate: false) })

    static let update = Command(
        name: "update",
        usage: "[-a <director socket path>] <host> <vhost count>",
        summary: "Change the vhosts of a backend that is there.",
        positionals: ["host", "vhost-count"],
        run: { (invocation) throws(Stop) in try setHost(invocation, isUpdate: true) })

    static let up = Command(
        name: "up",
        usage: "[-a <director socket path>] <host>",
        summary: "Let new users come to a backend.",
        positionals: ["host"],
        run: { (invocation) throws(Stop) in
            try changeHost(invocation, success: "up") { .bringUp(address: $0) }
        })

    static let down = Command(
        name: "down",
        usage: "[-a <director socket path>] <host>",
        summary: "Keep new users from a backend.",
        details: """
            Users who are on it stay, and come back to it, until they are flushed, moved or kicked:
            'flush HOST' afterwards empties it.
            """,
        positionals: ["host"],
        run: { (invocation) throws(Stop) in
            try changeHost(invocation, success: "down") { .takeDown(address: $0) }
        })

    static let remove = Command(
        name: "remove",
        usage: "[-a <director socket path>] <host>",
        summary: "Take a backend out of the list.",
        positionals: ["host"],
        run: { (invocation) throws(Stop) in
            try changeHost(invocation, success: "removed") { .removeHost(address: $0) }
        })

    private static func setHost(_ invocation: Invocation, isUpdate: Bool) throws(Stop) {
        let arguments = invocation.arguments
        let changer = try Changer(invocation)
        guard let host = arguments["host"] else { throw .usage }
        var vhosts: UInt32?
        if let count = arguments["vhost-count"] {
            guard let number = count.span.unsigned(upTo: UInt64(UInt32.max)) else { throw .usage }
            // The highest number is the one that stands for none in doveadm.
            vhosts = number == UInt64(UInt32.max) ? nil : UInt32(number)
        } else if isUpdate {
            throw .usage
        }
        guard host.span.unsigned(upTo: UInt64(UInt32.max)) == nil else {
            invocation.fail(Array("Invalid host '".utf8) + host + Array("'".utf8))
            throw .usage
        }
        var name = host
        var tag = arguments["tag"].flatMap { $0.isEmpty ? nil : $0 }
        if tag == nil, let at = host.firstIndex(of: UInt8(ascii: "@")) {
            name = Array(host[..<at])
            tag = Array(host[(at + 1)...])
        }
        if let tag { try UserName.check(tag) }
        guard let addresses = invocation.addresses(of: name) else { return }
        for address in addresses {
            let change: Change =
                isUpdate
                ? .updateHost(address: address.text, tag: tag, vhosts: vhosts)
                : .setHost(address: address.text, tag: tag, vhosts: vhosts)
            switch try changer.perform(change) {
            case nil: continue
            case .disconnected?: changer.reportDisconnection()
            case .performed(.ok)?: invocation.report("\(address.text): OK")
            case .performed(.notFound)?: invocation.fail("\(address.text): doesn't exist")
            case .performed(let reply)?:
                invocation.fail(Array("\(address.text): ".utf8) + reply.text)
                if reply == .ringSyncTimedOut { changer.explainTimeOut(of: change) }
            }
        }
        try changer.finish()
    }

    private static func changeHost(
        _ invocation: Invocation, success: String, _ change: (String) -> Change
    ) throws(Stop) {
        let changer = try Changer(invocation)
        guard let host = invocation.arguments["host"] else { throw .usage }
        guard let addresses = invocation.addresses(of: host) else { return }
        for address in addresses {
            let change = change(address.text)
            switch try changer.perform(change) {
            case nil: continue
            case .disconnected?: changer.reportDisconnection()
            case .performed(.ok)?: invocation.report("\(address.text): \(success)")
            case .performed(.notFound)?:
                invocation.messages.write(.error, "\(address.text): doesn't exist")
                invocation.noteMissing()
            case .performed(let reply)?:
                invocation.fail(Array("\(address.text): ".utf8) + reply.text)
                if reply == .ringSyncTimedOut { changer.explainTimeOut(of: change) }
            }
        }
        try changer.finish()
    }
}
