/// Which Dovecot's admin protocol is spoken.
package enum ProtocolVersion: String, Sendable, CaseIterable, Comparable {
    case v2_1_0 = "2.1.0"
    case v2_2_16 = "2.2.16"
    case v2_2_19 = "2.2.19"
    case v2_2_33 = "2.2.33"
    /// 2.2.34, and 2.3.0 up to the last one.
    case v2_3 = "2.3"

    package static func < (a: ProtocolVersion, b: ProtocolVersion) -> Bool {
        func place(_ version: ProtocolVersion) -> Int { allCases.firstIndex(of: version) ?? 0 }
        return place(a) < place(b)
    }

    /// Whether arguments are unescaped.
    var unescapes: Bool { self >= .v2_2_33 }
    /// Whether changes wait until the ring is synced.
    var waitsForSync: Bool { self >= .v2_2_33 }

    /// The commands of this version.
    func knows(_ command: AdminCommand) -> Bool { self >= command.since }
}

/// A command of the admin socket.
package enum AdminCommand: String, Sendable, CaseIterable {
    case hostList = "HOST-LIST"
    case hostListRemoved = "HOST-LIST-REMOVED"
    case directorList = "DIRECTOR-LIST"
    case directorAdd = "DIRECTOR-ADD"
    case directorRemove = "DIRECTOR-REMOVE"
    case hostSet = "HOST-SET"
    case hostUpdate = "HOST-UPDATE"
    case hostUp = "HOST-UP"
    case hostDown = "HOST-DOWN"
    case hostRemove = "HOST-REMOVE"
    case hostFlush = "HOST-FLUSH"
    case hostResetUsers = "HOST-RESET-USERS"
    case userLookup = "USER-LOOKUP"
    case userList = "USER-LIST"
    case userMove = "USER-MOVE"
    case userKick = "USER-KICK"
    case userKickAlt = "USER-KICK-ALT"

    /// The oldest of the versions spoken here that has it.
    var since: ProtocolVersion {
        switch self {
        case .hostList, .hostListRemoved, .directorList, .hostSet, .hostRemove, .hostFlush,
            .userLookup, .userList, .userMove:
            .v2_1_0
        case .directorAdd, .directorRemove, .userKick: .v2_2_16
        case .hostUpdate, .hostUp, .hostDown, .hostResetUsers: .v2_2_19
        case .userKickAlt: .v2_2_33
        }
    }

    /// Whether it waits for a synced ring before it runs.
    var waitsBefore: Bool {
        switch self {
        case .directorAdd, .directorRemove, .hostSet, .hostUpdate, .hostUp, .hostDown, .hostRemove,
            .hostFlush:
            true
        case .hostList, .hostListRemoved, .directorList, .hostResetUsers, .userLookup, .userList,
            .userMove, .userKick, .userKickAlt:
            false
        }
    }
}
