import AdminProbe

@testable import LinkProbe

/// A kernel whose connections the test sets, and that counts what it is asked.
final class FakeDiagnosis: SocketDiagnosis {
    var sockets: [DiagnosedSocket] = []
    var fault: ProbeFault?
    /// How often it had to look at all connections.
    private(set) var searches = 0

    func connections(
        with peer: TCPEndpoint, acceptedOn port: UInt16
    ) throws(ProbeFault) -> [DiagnosedSocket] {
        if let fault { throw fault }
        searches += 1
        return sockets.filter {
            $0.identity.remote.address == peer.address
                && ($0.identity.remote.port == peer.port || $0.identity.local.port == port)
        }
    }

    func connection(
        _ identity: DiagnosedSocket.Identity
    ) throws(ProbeFault) -> DiagnosedSocket? {
        if let fault { throw fault }
        return sockets.first { $0.identity == identity }
    }
}

extension DiagnosedSocket {
    /// A connection with 192.0.2.2, of a director at 192.0.2.1, port 9090.
    init(
        local: UInt16, remote: UInt16, cookie: UInt64, received: UInt64 = 0, acknowledged: UInt64 = 0
    ) {
        self.init(
            identity: Identity(
                local: TCPEndpoint("192.0.2.1", local),
                remote: TCPEndpoint("192.0.2.2", remote), cookie: cookie))
        bytesReceived = received
        bytesAcknowledged = acknowledged
    }
}

extension TCPEndpoint {
    /// - Precondition: the host is an address.
    init(_ host: String, _ port: UInt16) {
        guard let address = IPAddress(host) else { preconditionFailure("no address: \(host)") }
        self.init(address: address, port: port)
    }
}
