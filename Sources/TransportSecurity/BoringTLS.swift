package import DirectorExporter
internal import NIOCore
internal import NIOSSL
package import WebConfiguration

/// TLS as BoringSSL speaks it.
package struct BoringTLS: TLSEngine {
    package init() {}

    package func context(
        _ settings: TLSSettings, file: String
    ) throws(WebConfigurationError) -> any TLSContext {
        BoringContext(
            try TLSContextBuilder(settings: settings, file: file).context(),
            settings.clientAuthentication)
    }

    package func fault(of error: any Error) -> TLSFault? {
        switch error {
        case NIOSSLError.uncleanShutdown: .ragged
        case NIOSSLError.handshakeFailed(.sslError(let stack)), BoringSSLError.sslError(let stack):
            .other(stack.map { BoringTLS.words($0.description) }.joined(separator: ", "))
        case is NIOSSLError, is BoringSSLError, is NIOSSLCloseTimedOutError: .other("\(error)")
        default: nil
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

private final class BoringContext: TLSContext {
    private let context: NIOSSLContext
    private let authentication: ClientAuthentication

    init(_ context: NIOSSLContext, _ authentication: ClientAuthentication) {
        self.context = context
        self.authentication = authentication
    }

    func handler() -> any ChannelHandler {
        var configuration = NIOSSLHandler.Configuration()
        configuration.maximumPreservedOutboundBufferCapacity = 16 * 1024
        switch authentication {
        case .request, .requireAny:
            // The client has proved that it holds the key; who signed the certificate doesn't matter.
            return NIOSSLServerHandler(
                context: context,
                customVerificationCallback: { _, promise in promise.succeed(.certificateVerified) },
                configuration: configuration)
        case .none, .verifyIfGiven, .requireAndVerify:
            return NIOSSLServerHandler(
                context: context, customVerificationCallback: nil, configuration: configuration)
        }
    }
}
