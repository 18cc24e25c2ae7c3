/// The users of one tag that a director remembers, the one seen longest ago first.
struct UserTable: Sendable {
    struct User: Sendable, Equatable {
        let hash: UInt32
        /// The identity of the backend.
        var host: Int32
        /// Epoch seconds when it was last seen.
        var timestamp: UInt32
        fileprivate var previous: Int32
        fileprivate var next: Int32
    }

    private static let none: Int32 = -1

    private var slots: [User] = []
    private var free: [Int32] = []
    private var index: [UInt32: Int32] = [:]
    private var head = none
    private var tail = none

    var count: Int { index.count }

    /// The one seen longest ago.
    var first: User? { head < 0 ? nil : slots[Int(head)] }

    subscript(_ hash: UInt32) -> User? { index[hash].map { slots[Int($0)] } }

    mutating func reserveCapacity(_ count: Int) {
        slots.reserveCapacity(count)
        index.reserveCapacity(count)
    }

    /// Adds a user that isn't there, as the last one.
    mutating func append(_ hash: UInt32, host: Int32, timestamp: UInt32) {
        let user = User(
            hash: hash, host: host, timestamp: timestamp, previous: tail, next: UserTable.none)
        let slot: Int32
        if let reused = free.popLast() {
            slot = reused
            slots[Int(slot)] = user
        } else {
            slot = Int32(slots.count)
            slots.append(user)
        }
        if tail >= 0 { slots[Int(tail)].next = slot } else { head = slot }
        tail = slot
        index[hash] = slot
    }

    @discardableResult
    mutating func remove(_ hash: UInt32) -> User? {
        guard let slot = index.removeValue(forKey: hash) else { return nil }
        let user = slots[Int(slot)]
        unlink(slot)
        free.append(slot)
        return user
    }

    private mutating func unlink(_ slot: Int32) {
        let user = slots[Int(slot)]
        if user.previous >= 0 {
            slots[Int(user.previous)].next = user.next
        } else {
            head = user.next
        }
        if user.next >= 0 {
            slots[Int(user.next)].previous = user.previous
        } else {
            tail = user.previous
        }
    }

    /// Makes the user the last one, seen then.
    mutating func refresh(_ hash: UInt32, timestamp: UInt32) {
        guard let slot = index[hash] else { return }
        slots[Int(slot)].timestamp = timestamp
        guard slot != tail else { return }
        unlink(slot)
        slots[Int(slot)].previous = tail
        slots[Int(slot)].next = UserTable.none
        if tail >= 0 { slots[Int(tail)].next = slot } else { head = slot }
        tail = slot
    }

    /// Changes backend or time without changing the place.
    mutating func update(_ hash: UInt32, host: Int32, timestamp: UInt32) {
        guard let slot = index[hash] else { return }
        slots[Int(slot)].host = host
        slots[Int(slot)].timestamp = timestamp
    }

    /// Puts the users into the order of their times, as after a handshake.
    mutating func sort() {
        let users = inOrder().enumerated().sorted {
            $0.element.timestamp != $1.element.timestamp
                ? $0.element.timestamp < $1.element.timestamp : $0.offset < $1.offset
        }
        slots = []
        free = []
        index.removeAll(keepingCapacity: true)
        head = UserTable.none
        tail = UserTable.none
        for (_, user) in users { append(user.hash, host: user.host, timestamp: user.timestamp) }
    }

    /// All, the one seen longest ago first.
    func inOrder() -> [User] {
        var users: [User] = []
        users.reserveCapacity(count)
        forEach { users.append($0) }
        return users
    }

    func forEach(_ body: (User) -> Void) {
        var slot = head
        while slot >= 0 {
            body(slots[Int(slot)])
            slot = slots[Int(slot)].next
        }
    }
}
