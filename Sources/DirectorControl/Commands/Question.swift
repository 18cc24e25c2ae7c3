/// What can be asked of a director without changing anything.
public enum Question: Sendable, Equatable {
    /// The backends.
    case hostList
    /// Backends of the configuration that are not in use. The server reads its configuration again,
    /// and looks up names for it.
    case removedHosts
    /// The ring.
    case directorList
    /// Where a user is and would be, by name or hash, in a tag's ring (empty for none).
    case userLookup(name: [UInt8], tag: [UInt8])
    /// The users that are known now, of one backend or of all.
    case userList(backend: String?)

    /// What is sent.
    var line: [UInt8] {
        switch self {
        case .hostList: Array("HOST-LIST\n".utf8)
        case .removedHosts: Array("HOST-LIST-REMOVED\n".utf8)
        case .directorList: Array("DIRECTOR-LIST\n".utf8)
        case .userLookup(let name, let tag):
            Array("USER-LOOKUP\t".utf8) + name + [0x09] + tag + [0x0a]
        case .userList(let backend?): Array("USER-LIST\t\(backend)\n".utf8)
        case .userList(nil): Array("USER-LIST\n".utf8)
        }
    }
}
