internal import DirectorControl

/// The directors that a command asks which takes several: `-a`, repeated, or what stands behind
/// the command.
enum Targets {
    static let positional = "socket"

    static func endpoints(_ invocation: Invocation) -> [Endpoint] {
        let named = invocation.arguments.all("socket-path") + invocation.arguments.all(positional)
        let sockets = named.filter { !isURL($0) }
        return named.isEmpty ? [invocation.endpoint] : sockets.map { Endpoint($0) }
    }

    /// Exporters among them.
    static func urls(_ invocation: Invocation) -> [String] {
        (invocation.arguments.all("socket-path") + invocation.arguments.all(positional))
            .filter(isURL).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func isURL(_ text: [UInt8]) -> Bool {
        text.starts(with: "http://".utf8) || text.starts(with: "https://".utf8)
    }
}
