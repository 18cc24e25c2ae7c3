/// A backend as members of a ring should agree on it, without the users that each counts.
public struct BackendState: Hashable, Sendable {
    public var key: BackendKey
    public var vhosts: UInt64
    /// Nil where the version doesn't say.
    public var isUp: Bool?

    public init(key: BackendKey, vhosts: UInt64, isUp: Bool?) {
        self.key = key
        self.vhosts = vhosts
        self.isUp = isUp
    }
}
