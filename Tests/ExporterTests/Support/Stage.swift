import AdminProbe

@testable import SimulatedDirector

/// A simulated ring with a clock that the test moves, and clients without sockets.
struct Stage {
    static let start = Moment(seconds: 1_790_000_000)

    var desk: AdminDesk
    private var unread: [AdminSession.ID: [UInt8]] = [:]
    private var ended: Set<AdminSession.ID> = []

    init(_ settings: [(String, String)] = [], version: String = "2.3") throws {
        var ring = RingSettings()
        for (name, value) in settings { try ring.set(name, value) }
        try ring.set("version-of", version)
        desk = AdminDesk(
            try Simulation(try ring.configuration(), now: Stage.start), version: ring.version)
    }

    init(_ playback: Playback) {
        desk = AdminDesk(playback, now: Stage.start)
    }

    /// Lets time pass, to so many seconds after the start.
    mutating func advance(to seconds: Double) {
        desk.advance(to: Moment(nanoseconds: Stage.start.nanoseconds + Int64(seconds * 1e9)))
    }

    mutating func advance(by seconds: Double) {
        desk.advance(to: Moment(nanoseconds: desk.now.nanoseconds + Int64(seconds * 1e9)))
    }

    @discardableResult
    mutating func order(_ line: String) throws -> String {
        try desk.carryOut(try Order(line, members: desk.memberCount))
    }

    // MARK: Clients

    /// Connects to a member, by his number from 1.
    mutating func connect(_ member: Int, greets: Bool = true) -> AdminSession.ID {
        let id = desk.open(member - 1)
        if greets { send("VERSION\tdirector-doveadm\t1\t0\n", on: id) }
        return id
    }

    mutating func send(_ text: String, on id: AdminSession.ID) { send(Array(text.utf8), on: id) }

    mutating func send(_ bytes: [UInt8], on id: AdminSession.ID) {
        unread[id, default: []] += bytes
    }

    /// The client closes its side.
    mutating func finish(_ id: AdminSession.ID) { ended.insert(id) }

    /// What a client has of a connection.
    struct Heard: Equatable {
        var text = ""
        /// Nil while it is open; whether it ended with an error.
        var end: Bool?
    }

    /// Lets the server read and takes what it says, up to so many bytes.
    mutating func hear(_ id: AdminSession.ID, most: Int = 1 << 20) -> Heard {
        var said: [UInt8] = []
        var heard = Heard()
        talking: while said.count < most {
            var input = unread[id] ?? []
            let before = input.count
            let isOver = ended.contains(id)
            desk.read(id) { count in
                if input.isEmpty { return isOver ? .end : .nothing }
                let bytes = Array(input.prefix(count))
                input.removeFirst(bytes.count)
                return .bytes(bytes)
            }
            unread[id] = input
            var hasSaid = false
            writing: while said.count < most {
                switch desk.next(id) {
                case .write(let bytes):
                    said += bytes
                    desk.wrote(bytes.count, on: id)
                    hasSaid = true
                case .end(let isReset):
                    heard.end = isReset
                    desk.closed(id)
                    break talking
                case .wait, .silence, .nothing: break writing
                }
            }
            if !hasSaid, input.count == before || input.isEmpty { break }
        }
        heard.text = String(decoding: said, as: UTF8.self)
        return heard
    }

    /// Asks on a connection of its own, and leaves it.
    mutating func ask(_ member: Int, _ commands: String...) -> String {
        let id = connect(member)
        for command in commands { send(command + "\n", on: id) }
        let text = hear(id).text
        desk.closed(id)
        return String(text.drop { $0 != "\n" }.dropFirst())
    }

    /// The rows of a list, split.
    mutating func rows(_ member: Int, _ command: String) -> [[String]] {
        ask(member, command).split(separator: "\n").map {
            $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// How a member sees its ring: status, left and right neighbour by number; or how its socket is.
    mutating func view(_ member: Int) -> String {
        let availability = desk.availability(member - 1)
        guard availability == .answers else { return "\(availability)" }
        return Stage.view(rows(member, "DIRECTOR-LIST"), of: desk.members)
    }

    static func view(_ rows: [[String]], of members: [Member]) -> String {
        var (status, left, right) = ("", "-", "-")
        for row in rows {
            if row.count == 6 { status = String(row[4].prefix { $0 != "-" }).trimmed }
            guard row.count == 12, let address = IPAddress(row[0]),
                let number = members.firstIndex(where: { $0.address == address })
            else { continue }
            if row[2] == "left" { left = "\(number + 1)" }
            if row[2] == "right" { right = "\(number + 1)" }
        }
        return "\(status) \(left) \(right)"
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
