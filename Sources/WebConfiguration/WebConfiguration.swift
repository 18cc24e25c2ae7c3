/// What a web configuration file says, in the form that all Prometheus exporters share.
///
/// A value without I/O: whoever makes one hands in the text, and reads the files that it names.
package struct WebConfiguration: Sendable, Equatable {
    /// Nil where neither certificate, key nor client authentication is configured.
    package var tls: TLSSettings?
    /// Where settings of TLS are given that have no effect, because the certificate is missing.
    package var idleTLS: Position?
    /// Nil where nothing is said.
    package var http2: Located<Bool>?
    /// Further lines for the head of every answer, in the order of the file.
    package var headers: [ResponseHeader] = []
    /// Nobody else gets in; empty where everybody does.
    package var users: [String: BcryptHash] = [:]

    package init() {}
}

/// A header that every answer carries.
package struct ResponseHeader: Sendable, Equatable {
    package var name: String
    package var value: String
}

/// How connections are encrypted.
package struct TLSSettings: Sendable, Equatable {
    /// Paths as they are to be opened: relative ones are relative to the configuration file.
    package var certificateFile: Located<String>
    package var keyFile: Located<String>
    package var clientCAFile: Located<String>?
    package var clientAuthentication = ClientAuthentication.none
    package var minimumVersion = TLSProtocolVersion.tls12
    package var maximumVersion = TLSProtocolVersion.tls13
    /// For TLS 1.2 and older; nil for a choice of good ones. Empty where only TLS 1.3 is left, whose
    /// suites can't be chosen.
    package var cipherSuites: [CipherSuite]?
    /// Nil for a choice of good ones.
    package var curves: [Curve]?
}
