internal import AdminProbe
internal import Glibc

/// An address as the command line of Dovecot's tools understands it: the forms of `inet_aton`
/// and `inet_pton`, IPv6 with brackets too, and names that the system looks up.
public struct HostAddress: Sendable, Equatable {
    /// A name that could not be looked up.
    public struct LookupFailure: Error {
        /// The resolver's words.
        public let reason: String
    }

    /// Four or sixteen, most significant first.
    public let bytes: [UInt8]
    /// As `inet_ntop` writes it, which is how Dovecot sends it.
    public let text: String

    var family: Int32 { bytes.count == 4 ? AF_INET : AF_INET6 }

    private init?(_ bytes: [UInt8]) {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard
            inet_ntop(
                bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(INET6_ADDRSTRLEN)) != nil
        else { return nil }
        self.bytes = bytes
        self.text = text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    /// Reads an address; nil where it isn't one.
    public init?(parsing text: some Collection<UInt8>) {
        var text = Array(text)
        if let number = text.span.unsigned(upTo: UInt64(UInt32.max)) {
            self.init(withUnsafeBytes(of: UInt32(number).bigEndian) { Array($0) })
            return
        }
        if let octets = HostAddress.octets(text) {
            self.init(octets)
            return
        }
        if text.contains(UInt8(ascii: ":")) {
            if text.count >= 2, text.first == UInt8(ascii: "["), text.last == UInt8(ascii: "]") {
                text = Array(text[1..<(text.count - 1)])
            }
            var address = in6_addr()
            guard HostAddress.withCString(text, { inet_pton(AF_INET6, $0, &address) }) == 1 else {
                return nil
            }
            self.init(withUnsafeBytes(of: address) { Array($0) })
        } else {
            var address = in_addr()
            guard HostAddress.withCString(text, { inet_aton($0, &address) }) != 0 else { return nil }
            self.init(withUnsafeBytes(of: address) { Array($0) })
        }
    }

    /// Four decimal numbers, leading zeros allowed: unlike `inet_aton`, which reads those as octal,
    /// Dovecot tries this first.
    private static func octets(_ text: [UInt8]) -> [UInt8]? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var octets: [UInt8] = []
        for part in parts {
            guard let number = Array(part).span.unsigned(upTo: 255) else { return nil }
            octets.append(UInt8(number))
        }
        return octets
    }

    /// The addresses of a host: the text itself where it is one, else what the resolver answers,
    /// in its order.
    public static func resolve(_ host: [UInt8]) throws(LookupFailure) -> [HostAddress] {
        if let address = HostAddress(parsing: host) { return [address] }
        return try lookUp(host)
    }

    static func lookUp(_ host: [UInt8]) throws(LookupFailure) -> [HostAddress] {
        if host.first == UInt8(ascii: "["), let address = HostAddress(parsing: host) {
            return [address]
        }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = withCString(host) { getaddrinfo($0, nil, &hints, &found) }
        guard code == 0 else {
            throw LookupFailure(
                reason: code == EAI_SYSTEM
                    ? String(cString: strerror(errno)) : String(cString: gai_strerror(code)))
        }
        defer { freeaddrinfo(found) }
        var addresses: [HostAddress] = []
        var next = found
        while let entry = next {
            if let address = HostAddress(entry.pointee.ai_addr) { addresses.append(address) }
            next = entry.pointee.ai_next
        }
        return addresses
    }

    private init?(_ address: UnsafeMutablePointer<sockaddr>?) {
        guard let address else { return nil }
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            let bytes = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                withUnsafeBytes(of: $0.pointee.sin_addr) { Array($0) }
            }
            self.init(bytes)
        case AF_INET6:
            let bytes = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                withUnsafeBytes(of: $0.pointee.sin6_addr) { Array($0) }
            }
            self.init(bytes)
        default:
            return nil
        }
    }

    /// Calls `body` with a socket address of this host and the port.
    func withSocketAddress<Result>(
        port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        if bytes.count == 4 {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: bytes) }
            return withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port.bigEndian
        withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in6>.size))
            }
        }
    }

    private static func withCString<Result>(
        _ bytes: [UInt8], _ body: (UnsafePointer<CChar>) -> Result
    ) -> Result {
        (bytes + [0]).withUnsafeBufferPointer { buffer in
            buffer.baseAddress!.withMemoryRebound(to: CChar.self, capacity: buffer.count) { body($0) }
        }
    }
}
