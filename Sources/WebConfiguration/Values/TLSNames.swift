/// What is asked of a client's certificate, in Go's words.
package enum ClientAuthentication: String, Sendable, CaseIterable {
    /// None is asked for.
    case none = "NoClientCert"
    /// One is asked for; it needn't be given, and whoever signed it is welcome.
    case request = "RequestClientCert"
    /// One has to be given; whoever signed it is welcome.
    case requireAny = "RequireAnyClientCert"
    /// One needn't be given; if it is, one of the client CAs must have signed it.
    case verifyIfGiven = "VerifyClientCertIfGiven"
    /// One has to be given that one of the client CAs has signed.
    case requireAndVerify = "RequireAndVerifyClientCert"

    init?(name: String) {
        // What RequireAnyClientCert was once called.
        self.init(rawValue: name == "RequireClientCert" ? "RequireAnyClientCert" : name)
    }

    package var verifies: Bool { self == .verifyIfGiven || self == .requireAndVerify }
}

/// A version of TLS, in Go's words.
package enum TLSProtocolVersion: String, Sendable, CaseIterable, Comparable {
    case tls10 = "TLS10"
    case tls11 = "TLS11"
    case tls12 = "TLS12"
    case tls13 = "TLS13"

    package static func < (a: TLSProtocolVersion, b: TLSProtocolVersion) -> Bool {
        a.rawValue < b.rawValue
    }
}

/// A curve for the key exchange, in Go's words.
package enum Curve: String, Sendable, CaseIterable {
    case p256 = "CurveP256"
    case p384 = "CurveP384"
    case p521 = "CurveP521"
    case x25519 = "X25519"
}

/// A cipher suite, in Go's words, which are IANA's: those that Go calls secure.
package enum CipherSuite: String, Sendable, CaseIterable {
    case rsaAES128SHA = "TLS_RSA_WITH_AES_128_CBC_SHA"
    case rsaAES256SHA = "TLS_RSA_WITH_AES_256_CBC_SHA"
    case rsaAES128GCM = "TLS_RSA_WITH_AES_128_GCM_SHA256"
    case rsaAES256GCM = "TLS_RSA_WITH_AES_256_GCM_SHA384"
    case aes128GCM = "TLS_AES_128_GCM_SHA256"
    case aes256GCM = "TLS_AES_256_GCM_SHA384"
    case chacha20 = "TLS_CHACHA20_POLY1305_SHA256"
    case ecdheECDSAAES128SHA = "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"
    case ecdheECDSAAES256SHA = "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"
    case ecdheRSAAES128SHA = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"
    case ecdheRSAAES256SHA = "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"
    case ecdheECDSAAES128GCM = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
    case ecdheECDSAAES256GCM = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
    case ecdheRSAAES128GCM = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
    case ecdheRSAAES256GCM = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
    case ecdheRSAChaCha20 = "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"
    case ecdheECDSAChaCha20 = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"

    /// Whether it is one of TLS 1.3's, which are always on.
    package var isTLS13: Bool { self == .aes128GCM || self == .aes256GCM || self == .chacha20 }
}
