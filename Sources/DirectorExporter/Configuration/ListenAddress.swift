internal import AdminProbe

/// Where the exporter serves HTTP.
enum ListenAddress: Equatable, Sendable {
    /// All addresses, IPv6 and IPv4.
    case anyAddress(port: Int)
    case host(String, port: Int)
    case unix(path: String)

    /// Parses `:PORT`, `HOST:PORT`, `[IPv6]:PORT` or `unix:/path`. Nil for anything else.
    init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst("unix:".count))
            guard path.hasPrefix("/"), path.utf8.count <= 107 else { return nil }
            self = .unix(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let portText = text[text.index(after: colon)...]
        guard !portText.isEmpty, portText.allSatisfy({ $0.isASCII && $0.isNumber }),
            let port = UInt16(portText)
        else { return nil }
        let host = String(text[..<colon])
        if host.isEmpty {
            self = .anyAddress(port: Int(port))
        } else if host.hasPrefix("["), host.hasSuffix("]") {
            let inner = String(host.dropFirst().dropLast())
            // A link-local address needs the interface: fe80::1%eth0.
            let parts = inner.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts[0].contains(":"), IPAddress(String(parts[0])) != nil,
                parts.count == 1 || ListenAddress.isInterface(parts[1])
            else { return nil }
            self = .host(inner, port: Int(port))
        } else if host.contains(where: { $0 == ":" || $0 == "[" || $0 == "]" || $0 == "/" }) {
            return nil
        } else {
            self = .host(host, port: Int(port))
        }
    }

    private static func isInterface(_ name: Substring) -> Bool {
        (1...15).contains(name.utf8.count)
            && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") }
    }
}

extension ListenAddress: CustomStringConvertible {
    var description: String {
        switch self {
        case .anyAddress(let port): ":\(port)"
        case .host(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
