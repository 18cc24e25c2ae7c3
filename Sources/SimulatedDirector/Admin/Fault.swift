/// Something wrong with what an admin socket says.
package struct Fault: Sendable, Equatable {
    /// What happens instead of the reply, or of the rest of it.
    package enum Kind: Sendable, Equatable {
        /// Nothing more is said, ever.
        case silence
        /// The connection ends.
        case close
        /// The same, with an error for the client.
        case reset
        /// It comes slowly.
        case drip(bytesPerSecond: Int)
        /// It comes late.
        case delay(Duration)
        /// Bytes that mean nothing.
        case garbage(Int)
        /// A line that doesn't end.
        case endlessLine
        /// Rows without end.
        case endlessList
        /// These bytes.
        case text([UInt8])
    }

    /// What a connection is doing.
    package enum Point: Sendable, Hashable {
        /// It has been accepted: the greeting is due.
        case greeting
        /// The client has said who it is: nothing is due.
        case handshake
        case command(AdminCommand)
        /// Any command.
        case anyCommand
    }

    /// How much of the reply is still in good order.
    package enum Prefix: Sendable, Equatable {
        case bytes(Int)
        case rows(Int)
    }

    package var kind: Kind
    package var point: Point = .anyCommand
    /// Indices of members; nil for all.
    package var members: Set<Int>?
    package var prefix: Prefix = .bytes(0)
    /// How many times it happens; nil for no limit.
    package var count: Int?
    package var until: Moment?

    package init(_ kind: Kind, at point: Point = .anyCommand) {
        self.kind = kind
        self.point = point
    }

    /// The first bytes of the reply, which are in good order, and the rest.
    func split(_ reply: [UInt8]) -> (good: [UInt8], rest: [UInt8]) {
        let count: Int
        switch prefix {
        case .bytes(let bytes): count = min(bytes, reply.count)
        case .rows(let rows):
            var seen = 0
            count =
                rows == 0
                ? 0
                : (reply.firstIndex { byte in
                    if byte == 0x0a { seen += 1 }
                    return seen == rows
                }.map { $0 + 1 } ?? reply.count)
        }
        return (Array(reply[..<count]), Array(reply[count...]))
    }
}

/// The faults that are in force, each with a number.
package struct FaultTable: Sendable {
    package private(set) var faults: [(number: Int, fault: Fault)] = []
    private var next = 1

    package init() {}

    /// - Returns: its number.
    package mutating func add(_ fault: Fault) -> Int {
        defer { next += 1 }
        faults.append((next, fault))
        return next
    }

    /// - Returns: false where there is none of that number.
    package mutating func remove(_ number: Int) -> Bool {
        guard let index = faults.firstIndex(where: { $0.number == number }) else { return false }
        faults.remove(at: index)
        return true
    }

    package mutating func removeAll() {
        faults = []
    }

    /// The fault that happens now, the one added last first; it counts as having happened.
    mutating func take(member: Int, point: Fault.Point, now: Moment) -> Fault? {
        faults.removeAll { $0.fault.until.map { $0 <= now } ?? false }
        let index = faults.lastIndex { entry in
            let fault = entry.fault
            guard fault.members?.contains(member) ?? true else { return false }
            if fault.point == point { return true }
            if case .command = point { return fault.point == .anyCommand }
            return false
        }
        guard let index else { return nil }
        let fault = faults[index].fault
        if let count = fault.count {
            if count <= 1 {
                faults.remove(at: index)
            } else {
                faults[index].fault.count = count - 1
            }
        }
        return fault
    }
}
