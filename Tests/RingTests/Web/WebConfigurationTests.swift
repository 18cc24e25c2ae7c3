import Foundation
import Testing

/// The exporter as a process, with files as an administrator writes them. No director is needed.
@Suite(.enabled(if: Lab.hasTools)) struct WebConfigurationTests {
    private let certificates: Certificates

    init() throws {
        certificates = try Certificates()
    }

    private func sidecar(
        _ configuration: String, _ arguments: [String] = [], environment: [String: String] = [:]
    ) async throws -> Sidecar {
        let file = try certificates.write(configuration)
        let sidecar = try Sidecar(
            socket: "/nonexistent", ["--web.config.file=\(file)"] + arguments,
            environment: environment)
        try #require(try await eventually(within: .seconds(20)) { sidecar.port != 0 })
        return sidecar
    }

    private func ask(
        _ sidecar: Sidecar, _ path: String, _ arguments: [String] = [], scheme: String = "https"
    ) throws -> Curl.Answer {
        try Curl.ask(
            "\(scheme)://127.0.0.1:\(sidecar.port)\(path)",
            ["--cacert", certificates.path("ca.crt")] + arguments)
    }

    private func log(_ sidecar: Sidecar) throws -> String {
        try String(contentsOfFile: sidecar.log, encoding: .utf8)
    }

    private let good = ["-u", "prom:fakepassword"]

    @Test func servesTLSToUsers() async throws {
        let sidecar = try await sidecar(
            Certificates.tls + "http_server_config:\n  http2: true\n  headers:\n"
                + "    Strict-Transport-Security: max-age=1\n    X-Frame-Options: deny\n"
                + "    Content-Security-Policy: default-src 'none'\n" + Certificates.user)
        let page = try ask(sidecar, "/metrics", ["-i"] + good)
        #expect(page.status == 200)
        #expect(page.text.contains("Strict-Transport-Security: max-age=1\r\n"))
        #expect(page.text.contains("\ndovecot_director_up 0\n"))
        // Both the page's own and the configured one would be one too many.
        let landing = try ask(sidecar, "/", ["-i"] + good)
        #expect(landing.text.contains("Content-Security-Policy: default-src 'none'\r\n"))
        #expect(landing.text.components(separatedBy: "Content-Security-Policy:").count == 2)
        for path in ["/-/healthy", "/-/ready"] {
            #expect(try await eventually(within: .seconds(10)) { try ask(sidecar, path).status == 200 })
        }
        for path in [
            "/", "/metrics", "/sd", "/api/v1/ring", "/nowhere", "//-/healthy", "/-/healthy/",
            "/-/healthy/../../metrics", "/%2d/healthy", "/-/healthy%2f..%2f..%2fmetrics", "/metrics?/-/healthy",
        ] {
            let answer = try ask(sidecar, path, ["-i", "--path-as-is"])
            #expect(answer.status == 401, "\(path)")
            #expect(answer.text.contains("WWW-Authenticate: Basic realm="))
            #expect(answer.text.contains("X-Frame-Options: deny\r\n"))
        }
        #expect(try ask(sidecar, "/-/reload", ["-X", "POST"]).status == 401)
        for credentials in ["prom:wrong", "nobody:fakepassword", "prom:", ":"] {
            #expect(try ask(sidecar, "/metrics", ["-u", credentials]).status == 401)
        }
        for header in ["Basic", "Basic ====", "Bearer x", "Basic cHJvbQ==", "Digest username=prom"] {
            let answer = try ask(sidecar, "/metrics", ["-H", "Authorization: \(header)"])
            #expect(answer.status == 401, "\(header)")
        }
        // HTTP where HTTPS is spoken gets an answer that says so.
        let plain = try ask(sidecar, "/metrics", scheme: "http")
        #expect(plain.status == 400 && plain.text.contains("HTTPS is spoken here"))
        #expect(sidecar.stop() == 0)
        let log = try log(sidecar)
        #expect(log.components(separatedBy: "http2 has no effect").count == 2)
        #expect(!log.contains("fakepassword") && !log.contains("QOauhQ"))
    }

    /// Each of Go's words for it, against a client without a certificate, one with one that the CA
    /// signed, and one with a stranger's.
    @Test(arguments: [
        ("NoClientCert", false, [true, true, true]), ("RequestClientCert", false, [true, true, true]),
        ("RequestClientCert", true, [true, true, true]),
        ("RequireAnyClientCert", false, [false, true, true]),
        ("RequireClientCert", true, [false, true, true]),
        ("VerifyClientCertIfGiven", true, [true, true, false]),
        ("RequireAndVerifyClientCert", true, [false, true, false]),
    ])
    func clientCertificates(_ type: String, _ hasCA: Bool, _ expected: [Bool]) async throws {
        let sidecar = try await sidecar(
            Certificates.tls + "  client_auth_type: \(type)\n"
                + (hasCA ? "  client_ca_file: ca.crt\n" : ""))
        for version in ["1.2", "1.3"] {
            for (name, isIn) in zip(["", "friend", "foreigner"], expected) {
                let certificate =
                    name.isEmpty
                    ? []
                    : [
                        "--cert", certificates.path("\(name).crt"), "--key",
                        certificates.path("\(name).key"),
                    ]
                // Sent also where the server names CAs that it doesn't come from.
                let answer = try ask(
                    sidecar, "/-/healthy", ["--tlsv1.2", "--tls-max", version] + certificate)
                #expect(
                    (answer.status == 200) == isIn, "\(type) \(version) '\(name)': \(answer.text)")
                #expect((answer.exit == 0) == isIn)
            }
        }
    }

    /// A session that goes on is a session of a client whose certificate was checked.
    @Test func sessionsAreResumed() async throws {
        let sidecar = try await sidecar(
            Certificates.tls
                + "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n")
        let output = try Command.run(
            "sh",
            [
                "-c",
                """
                cd '\(certificates.directory)'
                s() { (printf 'GET /-/healthy HTTP/1.0\\r\\n\\r\\n'; sleep 1) | openssl s_client -connect \
                127.0.0.1:\(sidecar.port) -CAfile ca.crt -cert friend.crt -key friend.key -ign_eof "$@" 2>&1; }
                for version in tls1_2 tls1_3; do
                  s -$version -sess_out session.$version | grep -E '^(New|Reused|healthy)'
                  s -$version -sess_in session.$version | grep -E '^(New|Reused|healthy)'
                done
                """,
            ])
        #expect(output.components(separatedBy: "healthy\n").count == 5, "\(output)")
        #expect(output.components(separatedBy: "Reused, ").count == 3, "\(output)")
    }

    @Test(arguments: [
        ("", ["1.2", "1.3"]), ("  min_version: TLS13\n", ["1.3"]), ("  max_version: TLS12\n", ["1.2"]),
        ("  min_version: TLS10\n", ["1.0", "1.1", "1.2", "1.3"]),
        ("  min_version: TLS11\n  max_version: TLS11\n", ["1.1"]),
        ("  cipher_suites: [TLS_CHACHA20_POLY1305_SHA256]\n", ["1.3"]),
    ])
    func versions(_ settings: String, _ expected: [String]) async throws {
        let sidecar = try await sidecar(Certificates.tls + settings)
        for version in ["1.0", "1.1", "1.2", "1.3"] {
            let flag = "-tls1" + (version == "1.0" ? "" : "_\(version.suffix(1))")
            let output = try scan(sidecar, [flag, "-cipher", "ALL:@SECLEVEL=0"])
            #expect(output.contains("Cipher is (NONE)") != expected.contains(version), "\(version)")
        }
    }

    private func scan(_ sidecar: Sidecar, _ arguments: [String]) throws -> String {
        try Command.run(
            "sh",
            [
                "-c", "openssl s_client -connect 127.0.0.1:\(sidecar.port) \"$@\" </dev/null 2>&1; true",
                "openssl",
            ] + arguments)
    }

    @Test func suitesAndCurves() async throws {
        let sidecar = try await sidecar(
            Certificates.tls + "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA]\n"
                + "  curve_preferences: [CurveP384]\n")
        let cbc = try scan(sidecar, ["-tls1_2", "-cipher", "ALL:@SECLEVEL=0"])
        #expect(cbc.contains("Cipher is ECDHE-ECDSA-AES256-SHA\n"))
        #expect(cbc.contains("Server Temp Key: ECDH, secp384r1"))
        #expect(
            try scan(sidecar, ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"])
                .contains("Cipher is (NONE)"))
        #expect(
            try scan(sidecar, ["-tls1_3", "-curves", "X25519"]).contains("Cipher is (NONE)"))
        #expect(try scan(sidecar, ["-tls1_3"]).contains("Server Temp Key: ECDH, secp384r1"))
    }

    /// By default nothing that a scanner would complain of: no old versions, no suite without forward
    /// secrecy, no CBC, no compression, no renegotiation; HTTP/1.1 by ALPN.
    @Test func defaultsAreGood() async throws {
        let sidecar = try await sidecar(Certificates.tls)
        for ciphers in ["kRSA", "SHA1", "NULL", "aNULL", "DHE"] {
            #expect(
                try scan(sidecar, ["-tls1_2", "-cipher", "\(ciphers):@SECLEVEL=0"])
                    .contains("Cipher is (NONE)"), "\(ciphers)")
        }
        let output = try scan(sidecar, ["-tls1_2", "-alpn", "h2,http/1.1"])
        #expect(output.contains("ALPN protocol: http/1.1"))
        #expect(output.contains("Compression: NONE"))
        #expect(output.contains("Secure Renegotiation IS supported"))
        let renegotiation = try Command.run(
            "sh",
            [
                "-c",
                "(printf 'R\\n'; sleep 1) | openssl s_client -tls1_2 -connect 127.0.0.1:\(sidecar.port) 2>&1; true",
            ])
        // What comes behind that word is the end of the connection.
        let end = renegotiation.components(separatedBy: "RENEGOTIATING\n").last ?? ""
        #expect(end.contains("error:"), "\(renegotiation)")
        #expect(try ask(sidecar, "/-/healthy").status == 200)
    }

    /// A connection is over when both sides have said so, and not some time later.
    @Test func connectionsEndAtOnce() async throws {
        let sidecar = try await sidecar(Certificates.tls)
        let output = try Command.run(
            "python3",
            [
                "-c",
                """
                import os, socket, ssl, sys, time
                port = int(sys.argv[1])
                context = ssl._create_unverified_context()
                def ask(ending):
                    s = context.wrap_socket(socket.create_connection(("127.0.0.1", port)))
                    request = b"GET /-/healthy HTTP/1.1\\r\\nHost: x\\r\\n"
                    if ending == "server": request += b"Connection: close\\r\\n"
                    s.sendall(request + b"\\r\\n")
                    heard = b""
                    while not heard.endswith(b"healthy\\n"): heard += s.recv(4096)
                    if ending == "ragged": socket.socket.shutdown(s, socket.SHUT_WR)
                    else: s = s.unwrap()
                    s.settimeout(10)
                    begun = time.monotonic()
                    while socket.socket.recv(s, 4096): pass
                    took = time.monotonic() - begun
                    s.close()
                    return took
                print(*[max(ask(ending) for n in range(5)) for ending in ("client", "server", "ragged")])
                """, "\(sidecar.port)",
            ])
        let times = output.split(separator: " ").compactMap {
            Double($0.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        #expect(times.count == 3 && times.allSatisfy { $0 < 0.8 }, "\(output)")
    }

    private func subject(_ sidecar: Sidecar) throws -> String {
        try scan(sidecar, []).split(separator: "\n")
            .first { $0.hasPrefix("subject=") }.map(String.init) ?? ""
    }

    @Test func certificatesAreReadAgainWhenTheyChange() async throws {
        let sidecar = try await sidecar(Certificates.tls)
        #expect(try subject(sidecar) == "subject=CN = server")
        try certificates.make("next", signedBy: "ca", serial: 4)
        // The first handshake after the change has the new one.
        try Command.run("cp", [certificates.path("next.crt"), certificates.path("server.crt")])
        for _ in 0..<3 { #expect(try subject(sidecar) == "subject=CN = server") }
        try Command.run("cp", [certificates.path("next.key"), certificates.path("server.key")])
        #expect(try subject(sidecar) == "subject=CN = next")
        try Command.run("rm", [certificates.path("server.key")])
        for _ in 0..<5 { #expect(try subject(sidecar) == "subject=CN = next") }
        #expect(sidecar.stop() == 0)
        let log = try log(sidecar)
        // One line for each thing that was wrong, however many connections there were.
        #expect(log.components(separatedBy: "the last good ones stay").count == 3, "\(log)")
        #expect(log.components(separatedBy: "were read again").count == 2)
        #expect(log.contains("web.yml:3:13: key_file "))
    }

    /// What a client's connections live through is checked on a connection that stays.
    @Test func reload() async throws {
        let notify = try NotifySocket()
        let sidecar = try await sidecar(
            Certificates.user, environment: ["NOTIFY_SOCKET": notify.path])
        func reloads() throws -> (isSuccessful: Double?, time: Double?) {
            let page = try ask(sidecar, "/metrics", good, scheme: "http")
            let metrics = Metrics(page.text)
            return (
                metrics["exporter_config_last_reload_successful"],
                metrics["exporter_config_last_reload_success_timestamp_seconds"]
            )
        }
        #expect(try await eventually(within: .seconds(20)) { notify.lines().contains("READY=1") })
        notify.forget()
        let before = try reloads()
        #expect(before.isSuccessful == 1)
        let kept = try KeptConnection(port: sidecar.port)
        #expect(try kept.status("prom:fakepassword") == 200)

        // A file that can't be used changes nothing but the metric.
        try certificates.write("basic_auth_users:\n  prom: hunter2\n")
        sidecar.send(SIGHUP)
        #expect(try await eventually(within: .seconds(10)) { try reloads().isSuccessful == 0 })
        #expect(try reloads().time == before.time)
        #expect(try kept.status("prom:fakepassword") == 200)
        let refused = try ask(sidecar, "/-/reload", ["-X", "PUT"] + good, scheme: "http")
        #expect(refused.status == 500)
        #expect(!refused.text.contains("web.yml"))
        let log = try log(sidecar)
        #expect(log.contains("web.yml:2:9: what stands for the user 'prom' is no bcrypt hash"))
        #expect(!log.contains("hunter2"))

        // Another user: the connection that stays has to know it from now on.
        try certificates.write(Certificates.user.replacingOccurrences(of: "prom:", with: "other:"))
        #expect(
            try ask(sidecar, "/-/reload", ["-X", "POST"] + good, scheme: "http").status == 200)
        #expect(try kept.status("prom:fakepassword") == 401)
        #expect(try kept.status("other:fakepassword") == 200)
        for method in ["GET", "DELETE"] {
            let answer = try ask(
                sidecar, "/-/reload", ["-i", "-X", method, "-u", "other:fakepassword"],
                scheme: "http")
            #expect(answer.status == 405 && answer.text.contains("Allow: POST, PUT\r\n"))
        }

        // TLS from now on: what isn't encrypted has no place any more.
        try certificates.write(Certificates.tls)
        sidecar.send(SIGHUP)
        #expect(
            try await eventually(within: .seconds(10)) {
                try ask(sidecar, "/-/healthy").status == 200
            })
        #expect(try kept.status("other:fakepassword") == nil)
        let page = try ask(sidecar, "/metrics")
        #expect(
            Metrics(page.text)["exporter_config_last_reload_success_timestamp_seconds"] ?? 0
                > before.time ?? .infinity)
        // Each reading is announced and ended, a failed one too.
        let heard = notify.lines().filter { $0 == "READY=1" || $0 == "RELOADING=1" }
        #expect(heard.count >= 8)
        #expect(
            heard == (0..<heard.count).map { $0.isMultiple(of: 2) ? "RELOADING=1" : "READY=1" })
        #expect(
            notify.lines().count { $0.hasPrefix("MONOTONIC_USEC=") } == heard.count / 2)
    }

    @Test func reloadWithoutAFile() async throws {
        let sidecar = try Sidecar(socket: "/nonexistent")
        try #require(try await eventually(within: .seconds(20)) { sidecar.port != 0 })
        #expect(try ask(sidecar, "/-/reload", ["-X", "POST"], scheme: "http").status == 200)
        sidecar.send(SIGHUP)
        #expect(
            try await eventually(within: .seconds(10)) {
                try log(sidecar).contains("there is no configuration to read again")
            })
        #expect(sidecar.stop() == 0)
    }

    @Test func check() throws {
        func check(_ text: String) throws -> (code: Int32, output: String, errors: String) {
            let file = try certificates.write(text)
            let files = (certificates.path("out"), certificates.path("err"))
            for file in [files.0, files.1] { try Data().write(to: URL(fileURLWithPath: file)) }
            // An address that nobody can listen on, and no director: nothing of it is opened.
            let code = try Spawn.run(
                [
                    Project.exporter, "--config.check", "--web.config.file=\(file)",
                    "--web.listen-address=192.0.2.1:1", "--director.socket=/nonexistent",
                ], output: files.0, errors: files.1, directory: "/")
            return try (
                code, String(contentsOfFile: files.0, encoding: .utf8),
                String(contentsOfFile: files.1, encoding: .utf8)
            )
        }
        let fine = try check(Certificates.tls + Certificates.user)
        #expect(fine.code == 0 && fine.errors.isEmpty)
        #expect(fine.output.hasSuffix("are fine: TLS, NoClientCert, 1 user\n"))
        let wrong = try check(Certificates.tls + "  min_versoin: TLS12\n")
        #expect(wrong.code == 1 && wrong.output.isEmpty)
        #expect(wrong.errors.contains("web.yml:4:3: tls_server_config has no key 'min_versoin'"))
        #expect(wrong.errors.split(separator: "\n").count == 1)
        let absent = try check(Certificates.tls.replacingOccurrences(of: "server.key", with: "x.key"))
        #expect(absent.code == 1)
        #expect(absent.errors.contains("web.yml:3:13: key_file \(certificates.path("x.key")) can't be read"))
    }

    /// A start with a broken file ends at once, with one line that says what.
    @Test func startWithABrokenFile() throws {
        let file = try certificates.write("foo: 1\n")
        let errors = certificates.path("err")
        try Data().write(to: URL(fileURLWithPath: errors))
        let code = try Spawn.run(
            [
                Project.exporter, "--web.config.file=\(file)", "--web.listen-address=127.0.0.1:0",
                "--director.socket=/nonexistent",
            ], output: "/dev/null", errors: errors, directory: "/")
        #expect(code == 1)
        let said = try String(contentsOfFile: errors, encoding: .utf8)
        #expect(said.contains("web.yml:1:1: the file has no key 'foo'"))
        #expect(said.split(separator: "\n").count == 1)
    }
}

/// One connection on which several requests are made.
private struct KeptConnection {
    private let stream: LocalStream

    init(port: Int) throws {
        stream = try LocalStream(port: port, patience: 20)
    }

    /// Asks for a page without a body of its own; nil when the connection is closed.
    func status(_ credentials: String) throws -> Int? {
        let request =
            "HEAD /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Basic "
            + Data(credentials.utf8).base64EncodedString() + "\r\n\r\n"
        guard let heard = try? stream.ask(request, until: { $0.contains("\r\n\r\n") }),
            heard.contains("\r\n\r\n")
        else { return nil }
        return heard.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    }
}
