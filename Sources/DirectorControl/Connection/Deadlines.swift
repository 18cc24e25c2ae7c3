/// How long each kind of answer is waited for.
public struct Deadlines: Sendable, Equatable {
    /// For the greeting, from the connect on.
    public var greeting = Duration.seconds(5)
    /// For each further line of a list, since a long one may take its time.
    public var list: Duration? = .seconds(30)
    /// For the reply to a change: the server may wait for the ring twice, 30 seconds each time.
    public var change: Duration? = .seconds(90)
    /// For the reply to a flush, which comes when the last user has been moved.
    public var flush: Duration?
    /// Whether they are the ones that hold when nobody states any.
    public let areDefault: Bool

    public init() {
        areDefault = true
    }

    /// One time for everything.
    public init(all timeout: Duration) {
        greeting = timeout
        list = timeout
        change = timeout
        flush = timeout
        areDefault = false
    }
}
