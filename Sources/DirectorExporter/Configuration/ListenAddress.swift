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
            guard inner.contains(":"), IPAddress(inner) != nil else { return nil }
            self = .host(inner, port: Int(port))
        } else if host.contains(where: { $0 == ":" || $0 == "[" || $0 == "]" || $0 == "/" }) {
            return nil
        } else {
            self = .host(host, port: Int(port))
        }
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
