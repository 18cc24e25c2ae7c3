import Testing
import WebConfiguration

@Suite struct WebConfigurationTests {
    private func read(_ text: String) throws -> WebConfiguration {
        try WebConfiguration(Array(text.utf8), file: "/etc/x/web.yml")
    }

    private func error(_ text: String) -> String {
        do throws(WebConfigurationError) {
            _ = try WebConfiguration(Array(text.utf8), file: "web.yml")
            return "accepted"
        } catch { return error.description }
    }

    @Test func everything() throws {
        let configuration = try read(
            """
            tls_server_config:
              cert_file: server.crt
              key_file: /abs/server.key
              client_ca_file: ../ca.crt
              client_auth_type: RequireAndVerifyClientCert
              min_version: TLS11
              max_version: TLS12
              cipher_suites:
                - TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
                - TLS_AES_128_GCM_SHA256
              prefer_server_cipher_suites: true
              curve_preferences: [X25519, CurveP256]
            http_server_config:
              http2: no
              headers:
                X-Frame-Options: deny
                Content-Security-Policy: |
                  default-src 'none'
                  img-src 'self'
            basic_auth_users:
              prom: \(ConfigurationCorpus.hash)
            """)
        let tls = try #require(configuration.tls)
        #expect(tls.certificateFile.value == "/etc/x/server.crt")
        #expect(tls.certificateFile.position == Position(line: 2, column: 14))
        #expect(tls.keyFile.value == "/abs/server.key")
        #expect(tls.clientCAFile?.value == "/etc/x/../ca.crt")
        #expect(tls.clientAuthentication == .requireAndVerify)
        #expect(tls.minimumVersion == .tls11)
        #expect(tls.maximumVersion == .tls12)
        #expect(tls.cipherSuites == [.ecdheRSAAES128GCM])
        #expect(tls.curves == [.x25519, .p256])
        #expect(configuration.http2?.value == false)
        #expect(
            configuration.headers.map { "\($0.name): \($0.value)" } == [
                "X-Frame-Options: deny",
                "Content-Security-Policy: default-src 'none' img-src 'self'",
            ])
        #expect(configuration.users.keys.sorted() == ["prom"])
        #expect(configuration.users["prom"]?.text == ConfigurationCorpus.hash)
    }

    @Test func defaults() throws {
        #expect(try read("") == WebConfiguration())
        #expect(try read("# nothing\n~\n") == WebConfiguration())
        let tls = try #require(try read(ConfigurationCorpus.tls).tls)
        #expect(tls.minimumVersion == .tls12)
        #expect(tls.maximumVersion == .tls13)
        #expect(tls.clientAuthentication == .none)
        #expect(tls.cipherSuites == nil && tls.curves == nil && tls.clientCAFile == nil)
    }

    /// The example is a good file, and the page about it has every key and every name.
    @Test func example() throws {
        let example = try read(Project.text("examples/web-config.yml"))
        #expect(example.users.count == 1 && example.headers.count == 1)
        #expect(example.tls?.clientAuthentication == .requireAndVerify)
        let page = try Project.text("docs/web-configuration.md")
        let keys = [
            "tls_server_config", "cert_file", "key_file", "client_auth_type", "client_ca_file",
            "min_version", "max_version", "cipher_suites", "prefer_server_cipher_suites",
            "curve_preferences", "http_server_config", "http2", "headers", "basic_auth_users",
        ]
        let names =
            ClientAuthentication.allCases.map(\.rawValue) + TLSProtocolVersion.allCases.map(\.rawValue)
            + Curve.allCases.map(\.rawValue)
        for name in keys + names { #expect(page.contains("`\(name)`"), "\(name)") }
    }

    /// Settings that are given, and have no effect without a certificate, aren't passed over.
    @Test func idleTLS() throws {
        let configuration = try read("\ntls_server_config: {min_version: TLS13}")
        #expect(configuration.tls == nil)
        #expect(configuration.idleTLS == Position(line: 2, column: 1))
        #expect(try read("tls_server_config: {}").idleTLS == nil)
    }

    /// Only suites of TLS 1.3 leave only TLS 1.3, as in Go.
    @Test func suitesOfTLS13Alone() throws {
        let tls = try #require(
            try read(ConfigurationCorpus.tls + "  cipher_suites: [TLS_AES_256_GCM_SHA384]\n").tls)
        #expect(tls.minimumVersion == .tls13)
        #expect(tls.cipherSuites?.isEmpty == true)
    }

    @Test(arguments: [
        ("a: 1", "web.yml:1:1: the file has no key 'a': there are tls_server_config, "),
        ("tls_server_config:\n  cert_file: a\n  client_allowed_sans: [b]\n", "web.yml:3:3: tls_server_config has no key 'client_allowed_sans': there are cert_file, "),
        ("tls_server_config:\n  cert_file: a\n", "web.yml:1:1: tls_server_config has no key_file: "),
        ("http_server_config:\n  http2: 1\n", "web.yml:2:10: http2 is true or false"),
        ("http_server_config:\n  headers:\n    Server: x\n", "web.yml:3:5: the header 'Server' can't be configured; those that can are "),
        ("basic_auth_users:\n  a: secret\n", "web.yml:2:6: what stands for the user 'a' is no bcrypt hash"),
        ("basic_auth_users: [a]\n", "web.yml:1:19: basic_auth_users takes keys"),
        ("basic_auth_users:\n  a: [\n", "web.yml:3:1: not YAML: "),
        ("tls_server_config: {cipher_suites: [RC4]}", "web.yml:1:37: cipher_suites has no cipher suite 'RC4': there are TLS_RSA_"),
        ("tls_server_config: {curve_preferences: [X448]}", "web.yml:1:41: curve_preferences has no curve 'X448': there are CurveP256"),
        ("tls_server_config: {min_version: SSL30}", "web.yml:1:34: min_version has no version 'SSL30': there are TLS10"),
        ("a: b\nä \u{feff}", "web.yml:2:3: an invisible byte order mark"),
        ("\u{1}", "web.yml: not YAML: control characters are not allowed at byte 0"),
    ])
    func errorsNameTheLine(_ text: String, _ message: String) {
        let error = error(text)
        #expect(error.hasPrefix(message), "\(error)")
        #expect(!error.contains("\n"))
    }

    /// What was put there by mistake may be the password itself.
    @Test func errorsRepeatNoPassword() {
        #expect(!error("basic_auth_users: {a: hunter2}").contains("hunter2"))
        #expect(!error("basic_auth_users: {a: hunter2, a: hunter2}").contains("hunter2"))
    }

    /// Neither depth, nor size, nor aliases that multiply hold anybody up.
    @Test func hostileFiles() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(error(deep).contains("nothing that belongs here is so deep"))
        #expect(error(String(repeating: "#", count: 1 << 20) + "#").contains("is larger than 1 MiB"))
        #expect(error(String(repeating: "a: 1\n", count: 200_000)).contains("so deep or so large"))
        var bomb = "http_server_config:\n  headers:\n    <<:\n    - &a0 {}\n"
        for level in 1...20 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            bomb += "    - &a\(level) {<<: [\(aliases)]}\n"
        }
        #expect(error(bomb).contains("too many aliases"))
    }
}
