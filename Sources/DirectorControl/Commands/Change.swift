internal import AdminProbe

/// A command that changes the ring.
public enum Change: Sendable, Equatable {
    /// Adds a backend or gives it another number of vhosts; nil for 100, or for what it has.
    case setHost(address: String, tag: [UInt8]?, vhosts: UInt32?)
    /// Gives a backend that is there another number of vhosts; nil is refused by the server.
    case updateHost(address: String, tag: [UInt8]?, vhosts: UInt32?)
    /// Lets new users come to a backend.
    case bringUp(address: String)
    /// Keeps new users from a backend; the known ones stay.
    case takeDown(address: String)
    /// Takes a backend out of the list.
    case removeHost(address: String)
    /// Moves users to where their hash says, after their connections have been kicked; of one
    /// backend or of all.
    case resetUsers(address: String?, maxParallel: Int64?)
    /// Forgets where users are, at once and without kicking anybody; of one backend or of all.
    case flushHost(address: String?)
    /// Moves a user, by hash, to a backend.
    case moveUser(hash: UInt32, address: String)
    /// Ends a user's connections.
    case kickUser(name: [UInt8])
    /// Ends the connections of whoever has this value in a passdb field.
    case kickByField(name: [UInt8], value: [UInt8])
    /// Tells the ring of a member; without a port the director's own is taken.
    case addDirector(address: String, port: UInt16?)
    /// Makes the ring forget a member; without a port the one with the lowest.
    case removeDirector(address: String, port: UInt16?)

    /// What is sent.
    var line: [UInt8] { fields.joined(separator: [0x09]) + [0x0a] }

    /// The command and its arguments, for people: separated by spaces.
    public var text: String {
        String(decoding: Array(fields.joined(separator: [0x20])), as: UTF8.self)
    }

    private var fields: [[UInt8]] {
        switch self {
        case .setHost(let address, let tag, let vhosts):
            [bytes("HOST-SET"), host(address, tag)] + optional(vhosts)
        case .updateHost(let address, let tag, let vhosts):
            [bytes("HOST-UPDATE"), host(address, tag)] + optional(vhosts)
        case .bringUp(let address): [bytes("HOST-UP"), bytes(address)]
        case .takeDown(let address): [bytes("HOST-DOWN"), bytes(address)]
        case .removeHost(let address): [bytes("HOST-REMOVE"), bytes(address)]
        case .resetUsers(nil, nil): [bytes("HOST-RESET-USERS")]
        case .resetUsers(let address, let maximum):
            [bytes("HOST-RESET-USERS"), bytes(address ?? "")] + optional(maximum)
        case .flushHost(let address): [bytes("HOST-FLUSH")] + (address.map { [bytes($0)] } ?? [])
        case .moveUser(let hash, let address): [bytes("USER-MOVE"), bytes("\(hash)"), bytes(address)]
        case .kickUser(let name): [bytes("USER-KICK"), TabEscaping.escape(name)]
        case .kickByField(let name, let value):
            [bytes("USER-KICK-ALT"), TabEscaping.escape(name), TabEscaping.escape(value)]
        case .addDirector(let address, let port):
            [bytes("DIRECTOR-ADD"), bytes(address)] + optional(port)
        case .removeDirector(let address, let port):
            [bytes("DIRECTOR-REMOVE"), bytes(address)] + optional(port)
        }
    }

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func host(_ address: String, _ tag: [UInt8]?) -> [UInt8] {
        bytes(address) + (tag.map { [UInt8(ascii: "@")] + $0 } ?? [])
    }

    private func optional(_ number: (some BinaryInteger)?) -> [[UInt8]] {
        number.map { [bytes("\($0)")] } ?? []
    }
}
