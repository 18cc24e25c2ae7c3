internal import AdminProbe

/// The names that a director's hashes may stand for: from a hash to its names, in constant time and
/// with 16 bytes of memory per name beyond the names themselves.
public struct UserTable {
    private struct Entry {
        var hash: UInt32
        /// The entry with the same hash that was added before; -1 for none.
        var previous: Int32
        var offset: Int
    }

    /// All names, each with a NUL behind it, which no name has.
    private var names: [UInt8] = []
    private var entries: [Entry] = []
    /// An open hash table: the index of the latest entry of a hash, or -1. A power of two long.
    private var slots: [Int32] = []

    public init() {}

    /// How many names there are; repeats count.
    public var count: Int { entries.count }

    /// Adds a name, which is one of more than two thousand million at most: others are left out.
    public mutating func add(_ name: Span<UInt8>, hash: UInt32) {
        guard entries.count < Int32.max else { return }
        if entries.count * 2 >= slots.count { grow() }
        let slot = slot(of: hash)
        entries.append(Entry(hash: hash, previous: slots[slot], offset: names.count))
        slots[slot] = Int32(entries.count - 1)
        name.withUnsafeBufferPointer { names.append(contentsOf: $0) }
        names.append(0)
    }

    /// Calls `body` with each name of a hash, the one that was added last first.
    ///
    /// - Returns: whether there was any.
    public func forEachName(of hash: UInt32, _ body: (Span<UInt8>) -> Void) -> Bool {
        guard !slots.isEmpty else { return false }
        var index = slots[slot(of: hash)]
        guard index >= 0 else { return false }
        while index >= 0 {
            let entry = entries[Int(index)]
            let end = Int(index) + 1 < entries.count ? entries[Int(index) + 1].offset : names.count
            body(names.span.extracting(entry.offset..<(end - 1)))
            index = entry.previous
        }
        return true
    }

    /// The slot where a hash is or would be.
    private func slot(of hash: UInt32) -> Int {
        let mask = slots.count - 1
        // The hashes are the first bytes of an MD5: evenly spread already.
        var slot = Int(hash) & mask
        while slots[slot] >= 0, entries[Int(slots[slot])].hash != hash { slot = (slot + 1) & mask }
        return slot
    }

    private mutating func grow() {
        let latest = slots.filter { $0 >= 0 }
        slots = [Int32](repeating: -1, count: max(1024, slots.count * 2))
        for index in latest { slots[slot(of: entries[Int(index)].hash)] = index }
    }
}
