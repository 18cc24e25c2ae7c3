internal import NIOSSL

/// What went wrong with the encryption of a connection.
enum TLSFault: Equatable {
    /// The client closed the connection without a farewell, as many do.
    case ragged
    /// In words that end up in the log.
    case other(String)

    /// Nil for an error that has nothing to do with TLS.
    init?(_ error: any Error) {
        switch error {
        case NIOSSLError.uncleanShutdown: self = .ragged
        case NIOSSLError.handshakeFailed(.sslError(let stack)):
            self = .other(stack.map { TLSFault.words($0.description) }.joined(separator: ", "))
        case is NIOSSLError, is BoringSSLError, is NIOSSLCloseTimedOutError: self = .other("\(error)")
        default: return nil
        }
    }

    /// `Error: 268435703 error:100000f7:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER at
    /// /path:462` has its message between the last colons.
    private static func words(_ text: String) -> String {
        let message = text.split(separator: " at /").first ?? text[...]
        let words = message.split(separator: ":").last ?? message
        return String(words.drop { $0 == " " })
    }
}
