public import AdminProbe

/// The director's consistent hashing for one tag: which backend a user is assigned to.
///
/// Each backend that is up has a point for each of its vhosts: the first four bytes of the MD5 of
/// `ip-number`, by the wire's text of the IP. A user goes to the first point at or behind his own
/// hash, around the ring. Mandatory from Dovecot 2.3.0 on.
public struct HashRing: Sendable {
    private struct Point {
        var hash: UInt32
        /// The index of the row that it belongs to.
        var row: Int32
    }

    private let points: [Point]
    private let rowCount: Int

    /// - Parameter rows: the rows of one tag, in the order of HOST-LIST, which is that of the IPs.
    public init(_ rows: [HostRow]) {
        rowCount = rows.count
        var points: [Point] = []
        points.reserveCapacity(HashRing.pointCount(rows))
        for (index, row) in rows.enumerated() where row.isUp != false {
            var prefix = MD5()
            prefix.update(row.wireAddress.utf8)
            prefix.update(CollectionOfOne(UInt8(ascii: "-")))
            for number in 0..<row.vhosts {
                var hash = prefix
                hash.update("\(number)".utf8)
                points.append(Point(hash: hash.firstWord(), row: Int32(index)))
            }
        }
        points.sort { $0.hash != $1.hash ? $0.hash < $1.hash : $0.row < $1.row }
        self.points = points
    }

    /// How many points the rows have.
    public static func pointCount(_ rows: [HostRow]) -> Int {
        rows.reduce(0) { $0 + ($1.isUp == false ? 0 : Int($1.vhosts)) }
    }

    /// The hash of a user's name, expanded by `director_username_hash`. Never 0.
    public static func hash(of name: String) -> UInt32 {
        var md5 = MD5()
        md5.update(name.utf8)
        return max(md5.firstWord(), 1)
    }

    /// The same of a name's bytes, in lower case (ASCII alone) where it is asked for.
    public static func hash(of name: Span<UInt8>, lowercased: Bool) -> UInt32 {
        var md5 = MD5()
        md5.update(name, lowercased: lowercased)
        return max(md5.firstWord(), 1)
    }

    /// The index of the row that a user with this hash is assigned to; nil where no backend is up.
    public func row(for hash: UInt32) -> Int? {
        guard let last = points.last else { return nil }
        guard hash <= last.hash else { return Int(points[0].row) }
        var low = 0
        var high = points.count - 1
        while low < high {
            let middle = (low + high) / 2
            if points[middle].hash < hash { low = middle + 1 } else { high = middle }
        }
        return Int(points[low].row)
    }

    /// The exact share of the hash space of each row, by its index.
    public func shares() -> [Double] {
        var counts = [UInt64](repeating: 0, count: rowCount)
        guard let first = points.first, let last = points.last else {
            return counts.map { Double($0) }
        }
        // Hashes in (previous point, point]; the first has what is behind the last one, too.
        var previous = UInt64(0)
        for (index, point) in points.enumerated() {
            let hash = UInt64(point.hash)
            if index > 0 { counts[Int(point.row)] += hash - previous }
            previous = hash
        }
        counts[Int(first.row)] += UInt64(first.hash) + 1 + (UInt64(UInt32.max) - UInt64(last.hash))
        // 0 is no user's hash: it becomes 1.
        if first.hash == 0, let owner = row(for: 1) {
            counts[Int(first.row)] -= 1
            counts[owner] += 1
        }
        return counts.map { Double($0) / 4_294_967_296 }
    }
}
