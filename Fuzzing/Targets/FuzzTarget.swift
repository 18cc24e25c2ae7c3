/// What takes bytes from outside, as functions that must hold for any bytes at all: they neither trap
/// nor take long, and what they promise about the result is true.
///
/// A new one is a case here, a file with its function, and a directory with its corpus.
package enum FuzzTarget: String, CaseIterable, Sendable {
    /// The admin socket's stream, and all that a poll makes of it up to the page of metrics.
    case admin
    /// Requests on a connection.
    case http
    /// The state file.
    case state
    /// Texts that become labels and HELP.
    case exposition
    /// The command line.
    case flags
    /// Addresses and members as text.
    case addresses
    /// The web configuration file.
    case webconfig

    /// Runs one input.
    ///
    /// - Throws: what isn't as it should be.
    package func run(_ bytes: [UInt8]) throws(FuzzFinding) {
        switch self {
        case .admin: try FuzzTarget.admin(bytes)
        case .http: try FuzzTarget.http(bytes)
        case .state: try FuzzTarget.state(bytes)
        case .exposition: try FuzzTarget.exposition(bytes)
        case .flags: try FuzzTarget.flags(bytes)
        case .addresses: try FuzzTarget.addresses(bytes)
        case .webconfig: try FuzzTarget.webConfiguration(bytes)
        }
    }
}

/// A promise that an input broke.
package struct FuzzFinding: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Throws where a promise is broken.
func expect(_ condition: Bool, _ promise: @autoclosure () -> String) throws(FuzzFinding) {
    if !condition { throw FuzzFinding(promise()) }
}

/// Pieces of an input, as they could be read from a socket. Where they end depends on the input
/// alone, so that a finding is one again.
struct Fragments {
    private var state: UInt64
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>, seed: UInt8) {
        rest = bytes
        state = UInt64(seed) &+ 1
    }

    mutating func next() -> [UInt8]? {
        guard !rest.isEmpty else { return nil }
        // Xorshift: small, and the same everywhere.
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        let count = min(rest.count, 1 + Int(state % 23))
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }
}
