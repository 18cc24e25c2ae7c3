/// A director's address in its ring: IP and ring port. Two members can share an IP.
public struct Member: Hashable, Sendable {
    public let address: IPAddress
    /// 0 for a standalone director.
    public let port: UInt16

    /// The port that a director listens on for its ring where nothing else is said.
    public static let defaultPort: UInt16 = 9090

    public init(address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// Parses `IP`, `IP:PORT`, `[IPv6]` or `[IPv6]:PORT`. Returns nil for anything else.
    ///
    /// - Parameter defaultPort: the port where the text has none.
    public init?(_ text: String, defaultPort: UInt16 = Member.defaultPort) {
        if let address = IPAddress(text) {
            self.init(address: address, port: defaultPort)
            return
        }
        guard let (host, portText) = Member.split(text), let address = IPAddress(host) else {
            return nil
        }
        guard let portText else {
            self.init(address: address, port: defaultPort)
            return
        }
        guard !portText.isEmpty, portText.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(portText)
        else { return nil }
        self.init(address: address, port: port)
    }

    /// The host and port texts of `[IPv6]`, `[IPv6]:PORT` or `IPv4:PORT`.
    private static func split(_ text: String) -> (host: String, port: String?)? {
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else { return nil }
            let host = String(text[text.index(after: text.startIndex)..<close])
            guard host.contains(":") else { return nil }
            let rest = text[text.index(after: close)...]
            if rest.isEmpty { return (host, nil) }
            guard rest.first == ":" else { return nil }
            return (host, String(rest.dropFirst()))
        }
        guard let colon = text.firstIndex(of: ":"),
            colon == text.lastIndex(of: ":")
        else { return nil }
        return (String(text[..<colon]), String(text[text.index(after: colon)...]))
    }
}

extension Member: Comparable {
    /// The ring's order: address family, address bytes, then port, numerically.
    public static func < (a: Member, b: Member) -> Bool {
        a.address != b.address ? a.address < b.address : a.port < b.port
    }
}

extension Member: CustomStringConvertible {
    /// `192.0.2.1:9090`, or `[2001:db8::1]:9090`.
    public var description: String {
        let host = address.description
        return (address.isIPv6 ? "[" + host + "]:" : host + ":") + String(port)
    }
}
