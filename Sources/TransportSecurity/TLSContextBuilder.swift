internal import DirectorExporter
internal import NIOCore
package import NIOSSL
package import WebConfiguration

/// Reads the files that TLS settings name, and makes of all of it what BoringSSL wants.
package struct TLSContextBuilder {
    /// A chain of certificates or a bundle of CAs, in bytes.
    private static let largestFile = 4 << 20

    private let settings: TLSSettings
    private let file: String

    /// - Parameter file: the configuration file, for errors.
    package init(settings: TLSSettings, file: String) {
        self.settings = settings
        self.file = file
    }

    func context() throws(WebConfigurationError) -> NIOSSLContext {
        let configuration = try configuration()
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw fault(
                settings.keyFile,
                "key_file \(settings.keyFile.value) can't be used with cert_file "
                    + "\(settings.certificateFile.value): the key has to be the certificate's own")
        }
    }

    /// What the settings and their files come to.
    package func configuration() throws(WebConfigurationError) -> TLSConfiguration {
        let chain = try certificates(settings.certificateFile, "cert_file")
        let key = try privateKey()
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = settings.minimumVersion.version
        configuration.maximumTLSVersion = settings.maximumVersion.version
        let suites = suites
        if !suites.isEmpty { configuration.cipherSuiteValues = suites }
        if let curves = settings.curves { configuration.curves = curves.map(\.value) }
        configuration.applicationProtocols = ["http/1.1"]
        // A client that doesn't answer the farewell is not waited for.
        configuration.shutdownTimeout = .seconds(1)
        try configureClients(&configuration)
        return configuration
    }

    /// For TLS 1.2 and older. Without a choice only those are on that keep what was said secret when
    /// the key becomes known, and of them the ones that authenticate what they encrypt, unless clients
    /// are to be served that know none of these.
    private var suites: [NIOTLSCipher] {
        if let chosen = settings.cipherSuites { return chosen.map(\.value) }
        let strong: [CipherSuite] = [
            .ecdheECDSAAES128GCM, .ecdheRSAAES128GCM, .ecdheECDSAAES256GCM, .ecdheRSAAES256GCM,
            .ecdheECDSAChaCha20, .ecdheRSAChaCha20,
        ]
        let old: [CipherSuite] = [
            .ecdheECDSAAES128SHA, .ecdheRSAAES128SHA, .ecdheECDSAAES256SHA, .ecdheRSAAES256SHA,
        ]
        return (settings.minimumVersion < .tls12 ? strong + old : strong).map(\.value)
    }

    private func configureClients(
        _ configuration: inout TLSConfiguration
    ) throws(WebConfigurationError) {
        let authentication = settings.clientAuthentication
        configuration.certificateVerification =
            switch authentication {
            case .none: .none
            case .request, .verifyIfGiven: .optionalVerification
            case .requireAny, .requireAndVerify: .noHostnameVerification
            }
        guard authentication != .none else { return }
        if let file = settings.clientCAFile {
            // Clients that have several certificates learn which one is wanted.
            configuration.trustRoots = .certificates(try certificates(file, "client_ca_file"))
            configuration.sendCANameList = true
        } else if !authentication.verifies {
            configuration.trustRoots = .certificates([])
        }
        // BoringSSL's own choice has no Ed25519, which Go's clients may use.
        configuration.verifySignatureAlgorithms = [
            .ed25519, .ecdsaSecp256R1Sha256, .rsaPssRsaeSha256, .rsaPkcs1Sha256,
            .ecdsaSecp384R1Sha384, .rsaPssRsaeSha384, .rsaPkcs1Sha384, .ecdsaSecp521R1Sha512,
            .rsaPssRsaeSha512, .rsaPkcs1Sha512,
        ]
    }

    private func certificates(
        _ path: Located<String>, _ name: String
    ) throws(WebConfigurationError) -> [NIOSSLCertificate] {
        let bytes = try read(path, name)
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty
        else {
            throw fault(
                path, "\(name) \(path.value) has no certificate that can be read: it has to be PEM, "
                    + "with BEGIN CERTIFICATE")
        }
        return certificates
    }

    private func privateKey() throws(WebConfigurationError) -> NIOSSLPrivateKey {
        let path = settings.keyFile
        let bytes = try read(path, "key_file")
        guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) else {
            throw fault(
                path, "key_file \(path.value) has no private key that can be read: it has to be PEM, "
                    + "with BEGIN PRIVATE KEY, and not encrypted")
        }
        return key
    }

    private func read(
        _ path: Located<String>, _ name: String
    ) throws(WebConfigurationError) -> [UInt8] {
        do throws(WatchedFile.Fault) {
            let bytes = try WatchedFile(path: path.value).read(limit: TLSContextBuilder.largestFile)
            guard bytes.count <= TLSContextBuilder.largestFile else {
                throw WatchedFile.Fault(description: "it is larger than 4 MiB")
            }
            return bytes
        } catch {
            throw fault(
                path, "\(name) \(path.value) can't be read: \(error); relative paths begin at the "
                    + "configuration file")
        }
    }

    private func fault(_ path: Located<String>, _ message: String) -> WebConfigurationError {
        WebConfigurationError(file: file, position: path.position, message: message)
    }
}

extension TLSProtocolVersion {
    fileprivate var version: TLSVersion {
        switch self {
        case .tls10: .tlsv1
        case .tls11: .tlsv11
        case .tls12: .tlsv12
        case .tls13: .tlsv13
        }
    }
}

extension Curve {
    fileprivate var value: NIOTLSCurve {
        switch self {
        case .p256: .secp256r1
        case .p384: .secp384r1
        case .p521: .secp521r1
        case .x25519: .x25519
        }
    }
}

extension CipherSuite {
    /// BoringSSL has all that Go calls secure.
    fileprivate var value: NIOTLSCipher {
        switch self {
        case .rsaAES128SHA: .TLS_RSA_WITH_AES_128_CBC_SHA
        case .rsaAES256SHA: .TLS_RSA_WITH_AES_256_CBC_SHA
        case .rsaAES128GCM: .TLS_RSA_WITH_AES_128_GCM_SHA256
        case .rsaAES256GCM: .TLS_RSA_WITH_AES_256_GCM_SHA384
        case .aes128GCM: .TLS_AES_128_GCM_SHA256
        case .aes256GCM: .TLS_AES_256_GCM_SHA384
        case .chacha20: .TLS_CHACHA20_POLY1305_SHA256
        case .ecdheECDSAAES128SHA: .TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA
        case .ecdheECDSAAES256SHA: .TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA
        case .ecdheRSAAES128SHA: .TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA
        case .ecdheRSAAES256SHA: .TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA
        case .ecdheECDSAAES128GCM: .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
        case .ecdheECDSAAES256GCM: .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
        case .ecdheRSAAES128GCM: .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
        case .ecdheRSAAES256GCM: .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
        case .ecdheRSAChaCha20: .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
        case .ecdheECDSAChaCha20: .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
        }
    }
}
