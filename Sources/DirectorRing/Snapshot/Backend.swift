public import AdminProbe

/// What identifies a backend: one IP can serve several tags.
public struct BackendKey: Hashable, Sendable, Comparable {
    public var address: IPAddress
    /// Empty for backends without a tag.
    public var tag: String

    public init(address: IPAddress, tag: String) {
        self.address = address
        self.tag = tag
    }

    public static func < (a: BackendKey, b: BackendKey) -> Bool {
        a.address != b.address ? a.address < b.address : a.tag < b.tag
    }
}

/// A backend in a director's view. Rows of the same IP and tag, which Dovecot treats as hosts of
/// their own, are summed.
public struct Backend: Hashable, Sendable {
    public var key: BackendKey
    public var users: UInt64
    public var vhosts: UInt64
    /// Up when one of its rows is. Nil in versions without host states.
    public var isUp: Bool?
    /// Epoch seconds of the latest change of state that is known.
    public var lastChange: Int64?

    public init(
        key: BackendKey, users: UInt64, vhosts: UInt64, isUp: Bool? = nil, lastChange: Int64? = nil
    ) {
        self.key = key
        self.users = users
        self.vhosts = vhosts
        self.isUp = isUp
        self.lastChange = lastChange
    }

    init(_ row: HostRow) {
        self.init(
            key: BackendKey(address: row.address, tag: row.tag), users: row.users,
            vhosts: UInt64(row.vhosts), isUp: row.isUp, lastChange: row.lastChange)
    }

    /// Merges rows by key, sorted by it.
    static func merged(_ rows: [HostRow]) -> [Backend] {
        var backends = rows.map(Backend.init)
        // The server lists by IP, so that mostly nothing has to be moved.
        let isSorted = zip(backends, backends.dropFirst()).allSatisfy { $0.key < $1.key }
        if isSorted { return backends }
        backends.sort { $0.key < $1.key }
        var merged: [Backend] = []
        merged.reserveCapacity(backends.count)
        for backend in backends {
            guard let last = merged.last, last.key == backend.key else {
                merged.append(backend)
                continue
            }
            merged[merged.count - 1] = last.adding(backend)
        }
        return merged
    }

    private func adding(_ twin: Backend) -> Backend {
        var sum = self
        // Each row holds at most 32 bits and a list at most 16 MiB, so the sums fit.
        sum.users &+= twin.users
        sum.vhosts &+= twin.vhosts
        sum.isUp = isUp == true || twin.isUp == true ? true : (isUp ?? twin.isUp)
        sum.lastChange = [lastChange, twin.lastChange].compactMap(\.self).max()
        return sum
    }

    /// The digest of (IP, tag, vhosts, up) of every row, whatever order they came in.
    static func digest(of rows: [HostRow]) -> Digest {
        func precedes(_ a: HostRow, _ b: HostRow) -> Bool {
            if a.address != b.address { return a.address < b.address }
            if a.tag != b.tag { return a.tag < b.tag }
            if a.vhosts != b.vhosts { return a.vhosts < b.vhosts }
            return a.stateCode < b.stateCode
        }
        let isSorted = zip(rows, rows.dropFirst()).allSatisfy { !precedes($1, $0) }
        var digest = Digest()
        for row in isSorted ? rows : rows.sorted(by: precedes) {
            digest.add(row.address)
            digest.add(row.tag)
            digest.add(UInt64(row.vhosts))
            digest.add(row.stateCode)
        }
        return digest
    }
}

extension HostRow {
    fileprivate var stateCode: UInt8 {
        switch isUp {
        case nil: 0
        case false?: 1
        case true?: 2
        }
    }
}

extension Digest {
    mutating func add(_ address: IPAddress) {
        let (high, low) = address.bits
        add((address.isIPv6 ? 6 : 4) as UInt8)
        add(high)
        add(low)
    }
}
