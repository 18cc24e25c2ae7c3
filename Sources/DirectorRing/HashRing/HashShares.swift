public import AdminProbe

/// The share of its tag's hash space that leads to each backend.
public struct HashShares: Sendable, Equatable {
    /// More points than this are not computed.
    public static let mostPoints = 10_000_000

    /// From 0 to 1, in the order of ``RingSnapshot/backends``. 0 for one that is down.
    public let values: [Double]

    /// Takes seconds for millions of points.
    ///
    /// - Parameter rows: a whole HOST-LIST. Twins have points of their own, so shares are computed
    ///   by row and summed afterwards.
    /// - Returns: nil where there are too many points.
    public init?(_ rows: [HostRow]) {
        guard HashRing.pointCount(rows) <= HashShares.mostPoints else { return nil }
        var sums: [BackendKey: Double] = [:]
        for (_, rows) in Dictionary(grouping: rows, by: \.tag) {
            // Equal points go to the lower IP.
            let ordered = rows.sorted { $0.address < $1.address }
            for (row, share) in zip(ordered, HashRing(ordered).shares()) {
                sums[BackendKey(address: row.address, tag: row.tag), default: 0] += share
            }
        }
        values = sums.sorted { $0.key < $1.key }.map(\.value)
    }
}
