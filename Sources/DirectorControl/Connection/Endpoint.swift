internal import AdminProbe
internal import Glibc

/// Where an admin socket is: a path, or a host and port where Dovecot offers it by TCP.
public struct Endpoint: Sendable, Equatable {
    /// As it was given: the bytes of a path, or `host:port`.
    public let bytes: [UInt8]

    /// What it is called in messages.
    public var name: String { String(decoding: bytes, as: UTF8.self) }

    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    public init(_ text: String) {
        self.init(Array(text.utf8))
    }

    /// Whether it is a path: Dovecot takes whatever has no slash for a host.
    public var isPath: Bool { bytes.contains(UInt8(ascii: "/")) }

    /// How long a TCP connect may take.
    private static let connectTimeout: Int32 = 30_000

    /// Connects.
    ///
    /// - Returns: a connected socket, which the caller closes.
    package func connect() throws(DialogueFault) -> Int32 {
        isPath ? try connectToPath() : try connectToHost()
    }

    private func connectToPath() throws(DialogueFault) -> Int32 {
        var address = sockaddr_un()
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw .unreachable(path: name, code: ENAMETOOLONG)
        }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .unreachable(path: name, code: errno) }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, size)
            }
        }
        guard result == 0 else {
            let code = errno
            close(descriptor)
            throw .unreachable(path: name, code: code)
        }
        return descriptor
    }

    private func connectToHost() throws(DialogueFault) -> Int32 {
        guard let (host, port) = hostAndPort() else { throw .portMissing(target: name) }
        let addresses: [HostAddress]
        do throws(HostAddress.LookupFailure) {
            addresses = try HostAddress.lookUp(host)
        } catch {
            throw .unknownHost(name: String(decoding: host, as: UTF8.self), reason: error.reason)
        }
        guard let address = addresses.first else {
            throw .unknownHost(name: String(decoding: host, as: UTF8.self), reason: "no address")
        }
        let descriptor = socket(
            address.family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else {
            throw .refused(address: address.text, port: port, code: errno)
        }
        var code: Int32 = 0
        if address.withSocketAddress(port: port, { Glibc.connect(descriptor, $0, $1) }) != 0 {
            code = errno
        }
        if code == EINPROGRESS {
            var watched = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            var size = socklen_t(MemoryLayout<Int32>.size)
            if poll(&watched, 1, Endpoint.connectTimeout) == 1 {
                getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
            } else {
                code = ETIMEDOUT
            }
        }
        guard code == 0 else {
            close(descriptor)
            throw .refused(address: address.text, port: port, code: code)
        }
        return descriptor
    }

    /// `host:port`, `[IPv6]:port`; nil for what is neither. Without a port it is 0, to which no
    /// connect succeeds.
    private func hostAndPort() -> (host: [UInt8], port: UInt16)? {
        let host: ArraySlice<UInt8>
        let rest: ArraySlice<UInt8>
        if bytes.first == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            host = bytes[1..<end]
            rest = bytes[(end + 1)...]
        } else {
            // An IPv6 address without brackets has no port behind it.
            let colons = bytes.indices.filter { bytes[$0] == UInt8(ascii: ":") }
            let end = colons.count == 1 ? colons[0] : bytes.endIndex
            host = bytes[..<end]
            rest = bytes[end...]
        }
        if rest.isEmpty { return (Array(host), 0) }
        guard rest.first == UInt8(ascii: ":"),
            let port = Array(rest.dropFirst()).span.unsigned(upTo: UInt64(UInt16.max)), port > 0
        else { return nil }
        return (Array(host), UInt16(port))
    }
}
