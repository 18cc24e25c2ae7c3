package import AdminProbe
internal import DirectorRing

/// A backend as one director knows it.
package struct MailHost: Sendable, Equatable {
    /// Never given again by the same table.
    let id: Int32
    package let address: IPAddress
    /// As it is on the wire and in the hash.
    package let text: String
    /// The index of its tag.
    var tag: Int
    package var vhosts: UInt32
    package var isDown = false
    /// Epoch seconds of the last change of its state; 0 for none.
    package var lastChange: Int64 = 0
    /// Changed, and the ring has not come to terms about it.
    var isDesynced = false
}

/// A director's backends, in the order of their addresses. One address may be there twice.
package struct HostTable: Sendable {
    /// What a new backend has where nothing else is said.
    static let defaultVhosts: UInt32 = 100

    package private(set) var rows: [MailHost] = []
    /// In the order in which they were first used.
    private(set) var tags: [String] = []
    /// How many users each has, by its identity.
    private var userCounts: [UInt32] = []
    /// The first row of each address.
    private var firstRows: [IPAddress: Int] = [:]
    private var rowsByID: [Int32: Int] = [:]
    private var knownDigest: UInt32?
    /// Changes with what users' hashes lead to.
    private(set) var generation = 0

    /// The index of a tag, which is new if it has not been used.
    mutating func tagIndex(_ name: String) -> Int {
        if let index = tags.firstIndex(of: name) { return index }
        tags.append(name)
        return tags.count - 1
    }

    /// - Returns: its identity.
    @discardableResult
    mutating func add(_ address: IPAddress, tag: String, vhosts: UInt32 = defaultVhosts) -> Int32 {
        let host = make(address, tag: tag, vhosts: vhosts)
        // Behind its equals, since twins keep their order.
        var low = 0
        var high = rows.count
        while low < high {
            let middle = (low + high) / 2
            if rows[middle].address <= address { low = middle + 1 } else { high = middle }
        }
        rows.insert(host, at: low)
        reindex()
        return host.id
    }

    /// Adds many at once.
    mutating func add(contentsOf hosts: [(address: IPAddress, tag: String, vhosts: UInt32)]) {
        let added = hosts.map { make($0.address, tag: $0.tag, vhosts: $0.vhosts) }
        rows += added
        // By identity where the address is the same, since twins keep their order.
        rows.sort { $0.address != $1.address ? $0.address < $1.address : $0.id < $1.id }
        reindex()
    }

    private mutating func make(_ address: IPAddress, tag: String, vhosts: UInt32) -> MailHost {
        let id = Int32(userCounts.count)
        userCounts.append(0)
        return MailHost(
            id: id, address: address, text: address.description, tag: tagIndex(tag), vhosts: vhosts)
    }

    mutating func remove(id: Int32) {
        guard let row = rowsByID[id] else { return }
        rows.remove(at: row)
        reindex()
    }

    private mutating func reindex() {
        firstRows = [:]
        rowsByID = [:]
        firstRows.reserveCapacity(rows.count)
        rowsByID.reserveCapacity(rows.count)
        for (index, row) in rows.enumerated() {
            if firstRows[row.address] == nil { firstRows[row.address] = index }
            rowsByID[row.id] = index
        }
        knownDigest = nil
        generation += 1
    }

    /// The first backend with that address.
    func first(_ address: IPAddress) -> MailHost? { firstRows[address].map { rows[$0] } }

    /// A backend by its identity.
    func host(_ id: Int32) -> MailHost? { rowsByID[id].map { rows[$0] } }

    func tagName(_ host: MailHost) -> String { tags[host.tag] }

    mutating func change(_ id: Int32, _ body: (inout MailHost) -> Void) {
        guard let row = rowsByID[id] else { return }
        let before = rows[row]
        body(&rows[row])
        let after = rows[row]
        guard before.vhosts != after.vhosts || before.isDown != after.isDown || before.tag != after.tag
        else { return }
        knownDigest = nil
        generation += 1
    }

    /// The ring has come to terms.
    mutating func settle() {
        for index in rows.indices where rows[index].isDesynced { rows[index].isDesynced = false }
    }

    package func userCount(_ host: MailHost) -> UInt32 { userCounts[Int(host.id)] }

    mutating func countUser(_ id: Int32, _ change: Int) {
        userCounts[Int(id)] = UInt32(max(0, Int(userCounts[Int(id)]) + change))
    }

    /// A number that differs where the backends do; never 0.
    mutating func digest() -> UInt32 {
        if let knownDigest { return knownDigest }
        var hash: UInt32 = 2_166_136_261
        func mix(_ byte: UInt8) { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        for row in rows {
            for byte in row.text.utf8 { mix(byte) }
            for byte in "\t\(row.vhosts)\(row.isDown ? "D" : "U")\t".utf8 { mix(byte) }
            for byte in tags[row.tag].utf8 { mix(byte) }
            mix(10)
        }
        let digest = max(hash, 1)
        knownDigest = digest
        return digest
    }

    /// The rows of a tag for hashing, and the identities in their order.
    func hashRows(tag: Int) -> (rows: [HostRow], ids: [Int32]) {
        var hashed: [HostRow] = []
        var ids: [Int32] = []
        for row in rows where row.tag == tag {
            hashed.append(
                HostRow(address: row.address, vhosts: row.vhosts, users: 0, isUp: !row.isDown))
            ids.append(row.id)
        }
        return (hashed, ids)
    }
}

/// Which backend a user is hashed to. Computed when it is first asked for, and anew after a change.
struct HashIndex: Sendable {
    private var rings: [Int: (generation: Int, ring: HashRing, ids: [Int32])] = [:]

    /// The identity of the backend; nil where none is up.
    mutating func host(for hash: UInt32, tag: String, in hosts: HostTable) -> Int32? {
        guard let tag = hosts.tags.firstIndex(of: tag) else { return nil }
        if rings[tag]?.generation != hosts.generation {
            let (rows, ids) = hosts.hashRows(tag: tag)
            rings[tag] = (hosts.generation, HashRing(rows), ids)
        }
        guard let known = rings[tag], let row = known.ring.row(for: hash) else { return nil }
        return known.ids[row]
    }
}
