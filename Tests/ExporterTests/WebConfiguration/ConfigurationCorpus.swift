/// Web configuration files, good and bad, beside a `server.crt` and its `server.key`.
enum ConfigurationCorpus {
    static let hash = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi"
    static let tls = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n"

    /// Each file by its name.
    static let files: [(name: String, text: [UInt8])] = {
        var files: [(String, [UInt8])] = []
        func add(_ name: String, _ text: String) { files.append((name, Array(text.utf8))) }
        for (key, values) in settings {
            for (index, value) in values.enumerated() {
                add("\(key)-\(index)", tls + "  \(key): \(value)\n")
            }
        }
        for suite in suites { add("suite-\(suite)", tls + "  cipher_suites: [\(suite)]\n") }
        for (index, value) in http.enumerated() {
            add("http-\(index)", "http_server_config: \(value)\n")
        }
        for (index, value) in users.enumerated() {
            add("users-\(index)", "basic_auth_users: {\(value)}\n")
        }
        for (name, text) in wholes { add(name, text) }
        files += [
            ("latin1", [0x23, 0xe4, 0x0a]), ("nul", [0x23, 0, 0x0a]), ("control", [0x23, 1, 0x0a]),
            ("bom", [0xef, 0xbb, 0xbf] + Array(tls.utf8)),
            ("utf16", [0xff, 0xfe] + tls.utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }),
        ]
        return files
    }()

    /// Files that promtool accepts and the exporter doesn't, and why.
    static let stricter: [String: String] = [
        "client_ca_file-2": "", "ca-empty": "a CA file without a CA lets nobody in",
        "second-document": "nothing would read it", "second-empty": "nothing would read it",
        "second-broken": "nothing would read it", "after-end": "nothing would read it",
        "http-31": "a header must not have control characters",
        "literal": "no password can match a hash with a line end",
        "min-max": "nobody could connect", "max_version-0": "nobody could connect",
        "tls13-suites-alone": "nobody could connect",
        "tag-seq": "a tag without meaning", "tag-str": "a tag without meaning",
        "users-tag": "a tag without meaning", "cipher_suites-5": "an item that names nothing",
        "curve_preferences-5": "an item that names nothing",
        "utf16": "other editors and tools would stumble",
        "users-15": "libxcrypt's $2x$ is for hashes of a broken implementation",
        "users-16": "libxcrypt has no $2$", "users-18": "no bcrypt version",
        "users-22": "a check would take days", "users-25": "no password can match",
        "users-27": "no password can match", "users-28": "no password can match",
        "users-29": "HTTP ends a name at the colon", "users-30": "HTTP ends a name at the colon",
        "users-34": "a tag without meaning",
    ].filter { !$0.value.isEmpty }

    private static let settings: [(String, [String])] = [
        (
            "min_version",
            [
                "TLS10", "TLS11", "TLS12", "TLS13", "TLS14", "\"TLS12\"", "null", "Null", "~", "",
                "[]", "{}", "1", "!!str TLS12",
            ]
        ),
        ("max_version", ["TLS10", "TLS12", "TLS13", "x"]),
        (
            "client_auth_type",
            [
                "NoClientCert", "RequestClientCert", "RequireClientCert", "RequireAnyClientCert",
                "VerifyClientCertIfGiven", "RequireAndVerifyClientCert", "Foo", "\"\"", "null",
                "\"NoClientCert\"", "noclientcert", "[a]",
            ]
        ),
        ("client_ca_file", ["server.crt", "missing.crt", "\"\"", "null"]),
        (
            "prefer_server_cipher_suites",
            [
                "true", "false", "yes", "no", "\"true\"", "1", "null", "Y", "on", "TRUE", "tRUE",
                "!!bool \"yes\"", "!!bool x", "[]",
            ]
        ),
        (
            "cipher_suites",
            [
                "[]", "null", "[TLS_AES_128_GCM_SHA256]",
                "[TLS_RSA_WITH_AES_128_CBC_SHA, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]",
                "[TLS_RSA_WITH_RC4_128_SHA]", "[null]", "TLS_AES_128_GCM_SHA256", "{a: b}", "[[a]]",
                "[\"\"]", "[\"TLS_AES_128_GCM_SHA256\"]", "[TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305]",
            ]
        ),
        (
            "curve_preferences",
            [
                "[]", "[CurveP256]", "[CurveP256, CurveP384, CurveP521, X25519]", "[P256]",
                "[x25519]", "[null]", "[X448]", "X25519",
            ]
        ),
        ("client_allowed_sans", ["[a]", "[]", "null"]), ("cert", ["x"]), ("Cert_file", ["x"]),
        ("cert_file", ["server.crt"]), ("rate_limit", ["{}"]), ("1", ["2"]), ("[a]", ["b"]),
        (
            "<<",
            [
                "{min_version: TLS13}", "x", "[]", "[{min_version: TLS13}, {max_version: TLS13}]",
                "null", "[a]", "[[]]", "{cert_file: missing}", "{foo: bar}",
            ]
        ),
    ]

    private static let suites = [
        "TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_AES_256_CBC_SHA",
        "TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
        "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA256",
        "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
        "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "TLS_FALLBACK_SCSV",
        "ECDHE-RSA-AES128-GCM-SHA256",
    ]

    private static let http = [
        "null", "{}", "[]", "x", "{http2: true}", "{http2: false}", "{http2: yes}",
        "{http2: \"yes\"}", "{http2: }", "{http2: 1}", "{http3: true}", "{headers: }",
        "{headers: {}}", "{headers: []}", "{headers: {X-Foo: bar}}",
        "{headers: {X-Frame-Options: deny}}", "{headers: {X-Frame-Options: DENY}}",
        "{headers: {X-Frame-Options: sameorigin}}", "{headers: {X-Frame-Options: }}",
        "{headers: {X-Content-Type-Options: nosniff}}",
        "{headers: {X-Content-Type-Options: sniff}}", "{headers: {x-frame-options: deny}}",
        "{headers: {Strict-Transport-Security: max-age=1}}",
        "{headers: {Strict-Transport-Security: 5}}", "{headers: {Strict-Transport-Security: [a]}}",
        "{headers: {X-XSS-Protection: 1}}", "{headers: {X-XSS-Protection: \"1; mode=block\"}}",
        "{headers: {Content-Security-Policy: \"default-src 'self'\"}}",
        "{headers: {Content-Security-Policy: null}}",
        "{headers: {Content-Security-Policy: a, Content-Security-Policy: b}}",
        "{headers: {Content-Security-Policy: \"a\\nb\"}}",
        "{headers: {Content-Security-Policy: \"a\\x01b\"}}", "{headers: {null: b}}",
        "{headers: {[a]: b}}",
        "{headers: {<<: {Content-Security-Policy: b}, Content-Security-Policy: a}}",
        "{headers: {<<: {Content-Security-Policy: b}}}",
        "{headers: {<<: [{X-Frame-Options: deny}, {X-Frame-Options: deny}]}}",
    ]

    private static let users = [
        "", "a: \(hash)", "a: '\(hash)'", "a: plain", "a: ", "a: null", "\"\": \(hash)",
        "null: \(hash)", "a: \(hash), a: \(hash)", "1: \(hash)", "true: \(hash)", "a: [x]",
        "a: {b: c}", "a: \(with("2y", "2a"))", "a: \(with("2y", "2b"))", "a: \(with("2y", "2x"))",
        "a: \(with("2y", "2"))", "a: \(with("2y", "3a"))", "a: \(with("2y", "1a"))",
        "a: \(with("$10", "$03"))", "a: \(with("$10", "$04"))", "a: \(with("$10", "$16"))",
        "a: \(with("$10", "$31"))", "a: \(with("$10", "$32"))", "a: \(with("$10", "$xx"))",
        "a: \(hash.dropLast())", "a: \(hash.dropLast(2))", "a: \(hash.dropLast())!",
        "a: \(hash)x", "a:b: \(hash)", "\"a:b\": \(hash)", "? [a] : \(hash)",
        "ä: \(hash)", "a: !!str \(hash)", "a: !foo \(hash)", "a: !!int \(hash)",
        "a: !!null \(hash)", "a: !!binary \(hash)", "\"😀\": \(hash)", "\"\\U0001f600\": \(hash)",
        "\"\\q\": \(hash)", "\"\\/\": \(hash)", "\"\\ud83d\": \(hash)", "\"a\u{7f}\": \(hash)",
        "a: $6$abc$defghijklmnopqrstuvwxyz0123456789012345678901234567890123456",
    ]

    private static func with(_ old: String, _ new: String) -> String {
        let parts = hash.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
        return parts.joined(separator: new)
    }

    private static let wholes: [(String, String)] = [
        ("empty", ""), ("line", "\n"), ("comment", "# nothing\n"), ("null", "null\n"), ("tilde", "~"),
        ("text", "hello"), ("list", "- a\n"), ("number", "1\n"), ("tls", tls),
        ("absent", "tls_server_config:\n  cert_file: a.crt\n  key_file: server.key\n"),
        ("swapped", "tls_server_config:\n  cert_file: server.key\n  key_file: server.crt\n"),
        ("number-path", "tls_server_config:\n  cert_file: 1\n  key_file: server.key\n"),
        ("no-certificate", "tls_server_config:\n  key_file: server.key\n"),
        ("no-key", "tls_server_config:\n  cert_file: server.crt\n"),
        ("version-alone", "tls_server_config:\n  min_version: TLS12\n"),
        ("authentication-alone", "tls_server_config:\n  client_auth_type: NoClientCert\n"),
        ("ca-alone", tls + "  client_ca_file: server.crt\n"),
        ("ca", tls + "  client_ca_file: server.crt\n  client_auth_type: RequestClientCert\n"),
        ("ca-none", tls + "  client_ca_file: server.crt\n  client_auth_type: NoClientCert\n"),
        ("ca-absent", tls + "  client_ca_file: a\n  client_auth_type: RequestClientCert\n"),
        ("ca-empty", tls + "  client_ca_file: server.key\n  client_auth_type: RequestClientCert\n"),
        ("min-max", tls + "  min_version: TLS13\n  max_version: TLS12\n"),
        ("tls13-suites-alone", tls + "  max_version: TLS12\n  cipher_suites: [TLS_AES_128_GCM_SHA256]\n"),
        ("key-twice", tls + "  cert_file: server.crt\n"), ("section-twice", tls + tls),
        ("unknown", "foo: 1\n"), ("unknown-flat", "cert_file: x\n"), ("number-key", "1: 2\n"),
        ("anchor", "basic_auth_users:\n  a: &h \(hash)\n  b: *h\n"),
        ("anchor-absent", "basic_auth_users:\n  a: *h\n"),
        ("anchor-itself", "basic_auth_users: &h\n  a: *h\n"),
        ("anchor-key", "basic_auth_users: {a: &a \(hash), *a : \(hash)}\n"),
        ("merge-root", "<<: {basic_auth_users: {a: \(hash)}}\nbasic_auth_users: {b: \(hash)}\n"),
        ("merge-twice", "<<: {basic_auth_users: {a: \(hash)}}\nbasic_auth_users: {a: \(hash)}\n"),
        ("merge-quoted", "\"<<\": {}\n"),
        ("merge-alias", "basic_auth_users: &u {}\nhttp_server_config: {headers: {<<: *u}}\n"),
        ("merge-list-alias", "tls_server_config:\n  cipher_suites: &u []\n  <<: *u\n"),
        ("merge-before", "tls_server_config:\n  <<: {cert_file: a}\n  cert_file: server.crt\n  key_file: server.key\n"),
        ("merge-after", tls + "  <<: {cert_file: missing}\n"),
        ("second-document", tls + "---\nfoo: 1\n"), ("second-empty", tls + "---\n"),
        ("second-broken", tls + "---\n[\n"), ("after-end", tls + "...\njunk: [\n"),
        ("document-end", tls + "...\n"), ("document-start", "---\n" + tls),
        ("tab-indent", "tls_server_config:\n\tcert_file: server.crt\n"),
        ("tab-between", "tls_server_config:\n  cert_file:\tserver.crt\n  key_file:\tserver.key\t\n"),
        ("crlf", "tls_server_config:\r\n  cert_file: server.crt\r\n  key_file: server.key\r\n"),
        ("flow-deep", String(repeating: "[", count: 200) + String(repeating: "]", count: 200)),
        ("indent", "tls_server_config:\n  cert_file: server.crt\n key_file: server.key\n"),
        ("open-brace", "basic_auth_users: {a: \(hash)\n"),
        ("open-quote", "basic_auth_users: {a: '\(hash)\n"),
        ("directive", "%YAML 1.1\n---\n" + tls), ("directive-1.2", "%YAML 1.2\n---\n" + tls),
        ("directive-3", "%YAML 3.0\n---\n" + tls), ("tag-directive", "%TAG ! tag:x,2000:\n---\n" + tls),
        ("tag-unknown", "!e!x {}\n"), ("tag-map", "!!map {}\n"), ("tag-seq", "!!seq {}\n"),
        ("tag-str", "!!str {}\n"), ("no-blank", "tls_server_config:{}\n"),
        ("flow-quoted", "{\"tls_server_config\":{}}\n"), ("flow-null", "{tls_server_config}\n"),
        ("question", "? tls_server_config\n: {}\n"),
        ("long-key", "\"" + String(repeating: "a", count: 2000) + "\": 1\n"),
        ("folded", "basic_auth_users:\n  a: >-\n    \(hash)\n"),
        ("literal", "basic_auth_users:\n  a: |\n    \(hash)\n"),
        ("users-tag", "basic_auth_users:\n  a: !x \(hash)\n"),
        ("block-header", "http_server_config:\n  headers:\n    Content-Security-Policy: |\n      a\n      b\n"),
        ("no-break-space", "basic_auth_users:\n  a:\u{a0}\(hash)\n"),
        ("next-line", "basic_auth_users:\u{85}  a: x\n"),
    ]
}
