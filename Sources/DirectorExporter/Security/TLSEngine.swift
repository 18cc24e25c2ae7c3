package import NIOCore
package import WebConfiguration

/// What encrypts connections. It costs memory only to have one, so the program that serves plain HTTP
/// has none.
package protocol TLSEngine: Sendable {
    /// Reads the files that the settings name.
    ///
    /// - Parameter file: the configuration file, for errors.
    func context(
        _ settings: TLSSettings, file: String
    ) throws(WebConfigurationError) -> any TLSContext

    /// Nil for an error that has nothing to do with TLS.
    func fault(of error: any Error) -> TLSFault?
}

/// What connections of one configuration share.
package protocol TLSContext: AnyObject, Sendable {
    /// The handler that encrypts one connection.
    func handler() -> any ChannelHandler
}

/// What went wrong with the encryption of a connection.
package enum TLSFault: Equatable, Sendable {
    /// The client closed the connection without a farewell, as many do.
    case ragged
    /// In words that end up in the log.
    case other(String)
}
