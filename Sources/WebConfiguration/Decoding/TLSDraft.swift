/// `tls_server_config` while it is being read.
struct TLSDraft {
    /// Of `tls_server_config`.
    var position: Position?
    private(set) var isAnythingSaid = false

    private let directory: String
    private var certificateFile: Located<String>?
    private var keyFile: Located<String>?
    private var clientCAFile: Located<String>?
    private var authentication: Located<String>?
    private var minimumVersion: Located<TLSProtocolVersion>?
    private var maximumVersion: Located<TLSProtocolVersion>?
    private var cipherSuites: Located<[CipherSuite]>?
    private var curves: [Curve]?

    private static let keys = [
        "cert_file", "key_file", "client_auth_type", "client_ca_file", "min_version", "max_version",
        "cipher_suites", "prefer_server_cipher_suites", "curve_preferences",
    ]

    /// - Parameter directory: with a slash at its end; relative paths are relative to it.
    init(directory: String) {
        self.directory = directory
    }

    mutating func take(_ node: YAMLNode, _ decoder: inout Decoder) throws(WebConfigurationError) {
        var draft = self
        try decoder.fields(node, "tls_server_config") {
            (decoder, key, value) throws(WebConfigurationError) in
            draft.isAnythingSaid = true
            try draft.take(key, value, &decoder)
        }
        self = draft
    }

    private mutating func take(
        _ key: Located<String>, _ value: YAMLNode, _ decoder: inout Decoder
    ) throws(WebConfigurationError) {
        let name = key.value
        func located<Value>(_ result: Value?) -> Located<Value>? {
            result.map { Located(value: $0, position: value.position) }
        }
        switch name {
        case "cert_file": certificateFile = located(try path(value, name, &decoder))
        case "key_file": keyFile = located(try path(value, name, &decoder))
        case "client_ca_file": clientCAFile = located(try path(value, name, &decoder))
        case "client_auth_type":
            let text = try decoder.string(value, name) ?? ""
            authentication = text.isEmpty ? nil : located(text)
        case "min_version":
            minimumVersion = located(
                try decoder.choice(value, name, "version", as: TLSProtocolVersion.self))
        case "max_version":
            maximumVersion = located(
                try decoder.choice(value, name, "version", as: TLSProtocolVersion.self))
        case "cipher_suites":
            let suites = try list(value, name, "cipher suite", as: CipherSuite.self, &decoder)
            cipherSuites = suites.isEmpty ? nil : located(suites)
        case "curve_preferences":
            let list = try list(value, name, "curve", as: Curve.self, &decoder)
            curves = list.isEmpty ? nil : list
        // Without effect, as in Go since 1.17.
        case "prefer_server_cipher_suites": _ = try decoder.truth(value, name)
        default:
            throw decoder.unknownKey(key, in: "tls_server_config", known: TLSDraft.keys)
        }
    }

    /// An absolute path, or one from where the process was started; nil for none.
    private func path(
        _ node: YAMLNode, _ name: String, _ decoder: inout Decoder
    ) throws(WebConfigurationError) -> String? {
        guard let text = try decoder.string(node, name), !text.isEmpty else { return nil }
        guard !text.unicodeScalars.contains("\0") else {
            throw decoder.error(node.position, "\(name) contains a zero byte: name a file")
        }
        return text.hasPrefix("/") ? text : directory + text
    }

    private func list<Choice: CaseIterable & RawRepresentable<String> & Equatable>(
        _ node: YAMLNode, _ name: String, _ what: String, as type: Choice.Type,
        _ decoder: inout Decoder
    ) throws(WebConfigurationError) -> [Choice] {
        var choices: [Choice] = []
        for item in try decoder.items(node, name) ?? [] {
            guard let choice = try decoder.choice(item, name, what, as: type) else {
                throw decoder.error(item.position, "\(name) has an empty item: remove it")
            }
            if !choices.contains(choice) { choices.append(choice) }
        }
        return choices
    }

    /// What has been read; nil where TLS isn't configured.
    func settings(_ decoder: Decoder) throws(WebConfigurationError) -> TLSSettings? {
        guard certificateFile != nil || keyFile != nil || clientCAFile != nil || authentication != nil
        else { return nil }
        guard let certificateFile else {
            throw decoder.error(position, "tls_server_config has no cert_file: name the certificate")
        }
        guard let keyFile else {
            throw decoder.error(
                position, "tls_server_config has no key_file: name the certificate's private key")
        }
        var settings = TLSSettings(certificateFile: certificateFile, keyFile: keyFile)
        settings.clientCAFile = clientCAFile
        settings.curves = curves
        if let authentication {
            guard let type = ClientAuthentication(name: authentication.value) else {
                throw decoder.error(
                    authentication.position,
                    "client_auth_type can't be \(Decoder.quoted(authentication.value)): it is "
                        + ClientAuthentication.allCases.map(\.rawValue).joined(separator: ", "))
            }
            settings.clientAuthentication = type
        }
        if let clientCAFile, settings.clientAuthentication == .none {
            throw decoder.error(
                clientCAFile.position,
                "client_ca_file without a client_auth_type lets everybody in: add "
                    + "client_auth_type: RequireAndVerifyClientCert, or remove client_ca_file")
        }
        try setVersions(of: &settings, decoder)
        return settings
    }

    private func setVersions(
        of settings: inout TLSSettings, _ decoder: Decoder
    ) throws(WebConfigurationError) {
        if let minimumVersion { settings.minimumVersion = minimumVersion.value }
        if let maximumVersion { settings.maximumVersion = maximumVersion.value }
        guard settings.minimumVersion <= settings.maximumVersion else {
            throw decoder.error(
                (minimumVersion ?? maximumVersion)?.position,
                "min_version \(settings.minimumVersion.rawValue) is above max_version "
                    + "\(settings.maximumVersion.rawValue), which nobody could connect by: swap them")
        }
        guard let cipherSuites else { return }
        let older = cipherSuites.value.filter { !$0.isTLS13 }
        settings.cipherSuites = older
        // Without a suite for the older versions only TLS 1.3 is left.
        guard older.isEmpty else { return }
        guard settings.maximumVersion == .tls13 else {
            throw decoder.error(
                cipherSuites.position,
                "cipher_suites has none for \(settings.maximumVersion.rawValue) and older, which "
                    + "nobody could connect by: add one, or remove max_version")
        }
        settings.minimumVersion = .tls13
    }
}
