/// What a director answers to a change.
public enum Reply: Sendable, Equatable {
    case ok
    case notFound
    /// The user is being moved already.
    case tryAgain
    /// The ring did not come to terms within the server's time. What was asked for may have been
    /// done here or not at all.
    case ringSyncTimedOut
    /// Another refusal, in the server's words.
    case refused([UInt8])

    init(_ line: Span<UInt8>) {
        let bytes = line.withUnsafeBufferPointer { Array($0) }
        self =
            switch bytes {
            case Array("OK".utf8): .ok
            case Array("NOTFOUND".utf8): .notFound
            case Array("TRYAGAIN".utf8): .tryAgain
            case Array("Ring sync timed out".utf8): .ringSyncTimedOut
            default: .refused(bytes)
            }
    }

    /// The server's words.
    public var text: [UInt8] {
        switch self {
        case .ok: Array("OK".utf8)
        case .notFound: Array("NOTFOUND".utf8)
        case .tryAgain: Array("TRYAGAIN".utf8)
        case .ringSyncTimedOut: Array("Ring sync timed out".utf8)
        case .refused(let text): text
        }
    }
}
