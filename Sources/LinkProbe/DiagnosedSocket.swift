/// What the kernel says of one TCP connection.
public struct DiagnosedSocket: Sendable, Equatable {
    /// What finds exactly this connection again.
    public struct Identity: Hashable, Sendable {
        public var local: TCPEndpoint
        public var remote: TCPEndpoint
        /// Tells it from a later one with the same addresses.
        public var cookie: UInt64

        public init(local: TCPEndpoint, remote: TCPEndpoint, cookie: UInt64) {
            self.local = local
            self.remote = remote
            self.cookie = cookie
        }
    }

    public var identity: Identity
    /// The connect is unanswered.
    public var isConnecting = false
    /// Segments that were sent and not acknowledged.
    public var unacknowledgedSegments: UInt32 = 0
    /// How often the oldest of them has been sent again.
    public var retransmissionsInARow: UInt32 = 0
    /// How long it must have waited for that at least; in microseconds.
    public var retransmittingMicroseconds: UInt32 = 0
    /// Segments that were sent again, in the life of the connection.
    public var retransmittedSegments: UInt32 = 0
    /// Smoothed; in microseconds.
    public var roundTripMicroseconds: UInt32 = 0
    /// Bytes that the other side has acknowledged. Linux counts the connect of a dialled one, too.
    public var bytesAcknowledged: UInt64 = 0
    public var bytesReceived: UInt64 = 0

    public init(identity: Identity) {
        self.identity = identity
    }
}

/// Where the states of TCP connections come from: the kernel, or a test.
public protocol SocketDiagnosis: AnyObject {
    /// All connections with a peer that are dialled to its port or accepted on ours.
    func connections(
        with peer: TCPEndpoint, acceptedOn port: UInt16
    ) throws(ProbeFault) -> [DiagnosedSocket]

    /// One connection; nil when it is gone.
    func connection(_ identity: DiagnosedSocket.Identity) throws(ProbeFault) -> DiagnosedSocket?
}
