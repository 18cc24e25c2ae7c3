import AdminProbe
import Glibc
import Testing

@testable import LinkProbe

/// The kernel itself, asked about connections over loopback.
struct NetlinkDiagnosisTests {
    /// A connection with both of its ends in this process.
    private final class Pair {
        let listener: RawSocket
        let client: RawSocket
        let server: RawSocket

        init(isIPv6: Bool) throws {
            listener = try RawSocket(isIPv6: isIPv6)
            try listener.listen()
            client = try RawSocket(isIPv6: isIPv6)
            try client.connect(to: listener.port)
            server = try listener.accept()
        }
    }

    /// A TCP socket on loopback.
    private final class RawSocket {
        struct Failure: Error { let code = errno }

        let descriptor: Int32
        private let isIPv6: Bool

        init(isIPv6: Bool, descriptor: Int32? = nil) throws {
            self.isIPv6 = isIPv6
            self.descriptor =
                descriptor
                ?? socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            guard self.descriptor >= 0 else { throw Failure() }
        }

        deinit { close(descriptor) }

        private func withAddress<R>(
            _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R
        ) -> R {
            func call<A>(_ address: A) -> R {
                withUnsafeBytes(of: address) {
                    body(
                        $0.baseAddress!.assumingMemoryBound(to: sockaddr.self),
                        socklen_t(MemoryLayout<A>.size))
                }
            }
            if isIPv6 {
                var address = sockaddr_in6()
                address.sin6_family = sa_family_t(AF_INET6)
                address.sin6_addr = in6addr_loopback
                address.sin6_port = port.bigEndian
                return call(address)
            }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            address.sin_port = port.bigEndian
            return call(address)
        }

        func listen() throws {
            guard withAddress(0, { bind(descriptor, $0, $1) }) == 0,
                Glibc.listen(descriptor, 4) == 0
            else { throw Failure() }
        }

        func connect(to port: UInt16) throws {
            guard withAddress(port, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
                throw Failure()
            }
        }

        func accept() throws -> RawSocket {
            let accepted = Glibc.accept(descriptor, nil, nil)
            guard accepted >= 0 else { throw Failure() }
            return try RawSocket(isIPv6: isIPv6, descriptor: accepted)
        }

        var port: UInt16 {
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            return withUnsafeMutablePointer(to: &storage) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    getsockname(descriptor, $0, &length)
                    // The port is at the same place for both families.
                    return $0.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                        UInt16(bigEndian: $0.pointee.sin_port)
                    }
                }
            }
        }

        func send(_ count: Int) {
            let bytes = [UInt8](repeating: 120, count: count)
            _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, count, 0) }
        }

        func receive(_ count: Int) {
            var bytes = [UInt8](repeating: 0, count: count)
            _ = bytes.withUnsafeMutableBytes {
                recv(descriptor, $0.baseAddress, count, Int32(MSG_WAITALL))
            }
        }
    }

    @Test(arguments: [false, true])
    func bothEndsOfAConnectionAreFoundWithTheirCounters(isIPv6: Bool) throws {
        let pair = try Pair(isIPv6: isIPv6)
        pair.client.send(100)
        pair.server.receive(100)
        pair.server.send(30)
        pair.client.receive(30)
        let port = pair.listener.port
        let loopback = isIPv6 ? "::1" : "127.0.0.1"
        let diagnosis = try NetlinkDiagnosis()

        // The end that dialled: the peer's port is the listener's.
        let dialled = try diagnosis.connections(
            with: TCPEndpoint(loopback, port), acceptedOn: 1)
        #expect(dialled.count == 1)
        let client = try #require(dialled.first)
        #expect(client.identity.local.port == pair.client.port)
        #expect(client.identity.remote == TCPEndpoint(loopback, port))
        #expect(client.bytesReceived == 30)
        #expect(!client.isConnecting)

        // The end that accepted: our port is the listener's.
        let accepted = try diagnosis.connections(
            with: TCPEndpoint(loopback, 1), acceptedOn: port)
        #expect(accepted.count == 1)
        let server = try #require(accepted.first)
        #expect(server.identity.local.port == port)
        #expect(server.bytesReceived == 100)
        #expect(server.identity.cookie != client.identity.cookie)

        // Exactly one of them.
        #expect(try diagnosis.connection(server.identity)?.bytesReceived == 100)
        var other = server.identity
        other.cookie += 1
        #expect(try diagnosis.connection(other) == nil)
    }

    @Test func oneAmongManyIsFoundAndNobodyElse() throws {
        let pairs = try (0..<50).map { _ in try Pair(isIPv6: false) }
        let diagnosis = try NetlinkDiagnosis()
        for pair in pairs {
            let found = try diagnosis.connections(
                with: TCPEndpoint("127.0.0.1", pair.listener.port), acceptedOn: 1)
            #expect(found.map(\.identity.local.port) == [pair.client.port])
        }
        // The same port of another host.
        let none = try diagnosis.connections(
            with: TCPEndpoint("127.0.0.2", pairs[0].listener.port), acceptedOn: 1)
        #expect(none.isEmpty)
    }

    @Test func aConnectionThatIsGoneIsNotFound() throws {
        let diagnosis = try NetlinkDiagnosis()
        var identity: DiagnosedSocket.Identity?
        do {
            let pair = try Pair(isIPv6: false)
            identity = try diagnosis.connections(
                with: TCPEndpoint("127.0.0.1", pair.listener.port), acceptedOn: 1
            ).first?.identity
        }
        #expect(try diagnosis.connection(#require(identity)) == nil)
    }
}
