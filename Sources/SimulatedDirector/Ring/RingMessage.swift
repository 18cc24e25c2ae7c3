package import AdminProbe

/// What directors tell each other over the links of a ring.
///
/// Messages stay values here. Their text is made only where its length counts: the byte counters
/// of a link are those of the real protocol.
package enum RingMessage: Sendable, Equatable {
    /// Who began a message that travels around the ring, and its number there.
    package struct Origin: Sendable, Equatable {
        var member: Member
        var sequence: UInt32
    }

    /// What is told of a backend.
    package struct HostUpdate: Sendable, Equatable {
        var address: IPAddress
        var text: String
        var vhosts: UInt32
        var tag: String
        var isDown: Bool
        var lastChange: Int64
    }

    /// One lap of a SYNC.
    package struct Sync: Sendable, Equatable {
        var member: Member
        var sequence: UInt32
        var timestamp: Int64
        var hostsDigest: UInt32
    }

    case version
    case me(Member, time: Int64)
    case director(Member)
    case hostsBegin(isComplete: Bool)
    case handshakeHost(HostUpdate)
    case hostsEnd(isComplete: Bool)
    case handshakeUser(hash: UInt32, host: IPAddress, timestamp: UInt32)
    case options
    case done
    case ping(time: Int64)
    case pong(time: Int64)
    case user(hash: UInt32, host: IPAddress, timestamp: UInt32)
    case host(Origin, HostUpdate)
    case hostRemove(Origin, IPAddress)
    case hostFlush(Origin, IPAddress)
    case userMove(Origin, hash: UInt32, host: IPAddress)
    /// Any of the kicks: its text without the command's origin.
    case kick(Origin, command: String, argument: String)
    case userKilled(hash: UInt32)
    case userKilledEverywhere(Origin, hash: UInt32)
    case directorRemove(Member)
    case sync(Sync)
    case connect(Member)
    case quit(String)

    /// The bytes that it takes on the wire, its LF included.
    package var length: Int { text.utf8.count + 1 }

    /// The line as the real protocol has it.
    package var text: String {
        switch self {
        case .version: "VERSION\tdirector\t1\t9"
        case .me(let member, let time): "ME\t\(RingMessage.fields(member))\t\(time)"
        case .director(let member): "DIRECTOR\t\(RingMessage.fields(member))"
        case .hostsBegin(let isComplete): "HOST-HAND-START\t\(isComplete ? 1 : 0)"
        case .handshakeHost(let update): "HOST\t\(RingMessage.fields(update))"
        case .hostsEnd(let isComplete): "HOST-HAND-END\t\(isComplete ? 1 : 0)"
        case .handshakeUser(let hash, let host, let timestamp): "U\t\(hash)\t\(host)\t\(timestamp)"
        case .options: "OPTIONS\tconsistent-hashing"
        case .done: "DONE"
        case .ping(let time): "PING\t\(time)\t0"
        case .pong(let time): "PONG\t\(time)\t0"
        case .user(let hash, let host, let timestamp): "USER\t\(hash)\t\(host)\t\(timestamp)"
        case .host(let origin, let update):
            "HOST\t\(RingMessage.fields(origin))\t\(RingMessage.fields(update))"
        case .hostRemove(let origin, let host): "HOST-REMOVE\t\(RingMessage.fields(origin))\t\(host)"
        case .hostFlush(let origin, let host): "HOST-FLUSH\t\(RingMessage.fields(origin))\t\(host)"
        case .userMove(let origin, let hash, let host):
            "USER-MOVE\t\(RingMessage.fields(origin))\t\(hash)\t\(host)"
        case .kick(let origin, let command, let argument):
            "\(command)\t\(RingMessage.fields(origin))\t\(argument)"
        case .userKilled(let hash): "USER-KILLED\t\(hash)"
        case .userKilledEverywhere(let origin, let hash):
            "USER-KILLED-EVERYWHERE\t\(RingMessage.fields(origin))\t\(hash)"
        case .directorRemove(let member): "DIRECTOR-REMOVE\t\(RingMessage.fields(member))"
        case .sync(let sync):
            "SYNC\t\(RingMessage.fields(sync.member))\t\(sync.sequence)\t9\t\(sync.timestamp)\t\(sync.hostsDigest)"
        case .connect(let member): "CONNECT\t\(RingMessage.fields(member))"
        case .quit(let reason): "QUIT\t\(reason)"
        }
    }

    private static func fields(_ member: Member) -> String { "\(member.address)\t\(member.port)" }

    private static func fields(_ origin: Origin) -> String {
        "\(fields(origin.member))\t\(origin.sequence)"
    }

    private static func fields(_ update: HostUpdate) -> String {
        "\(update.text)\t\(update.vhosts)\t\(update.tag)\t\(update.isDown ? "D" : "U")\(update.lastChange)\t"
    }
}
