import Foundation
import NIOSSL
import Testing
import TransportSecurity
import WebConfiguration

@testable import DirectorExporter

@Suite struct TLSKeeperTests {
    private let directory = "/tmp/dde-keeper-\(UUID().uuidString.prefix(8))"

    init() throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try make("server")
    }

    private func make(_ name: String, _ key: String = "ec") throws {
        let kind = key == "ec" ? ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"] : [key]
        try OpenSSL.run(
            "req", "-x509", "-newkey", kind[0], kind.count > 1 ? kind[1] : "-batch",
            kind.count > 2 ? kind[2] : "-batch", "-nodes", "-keyout", "\(directory)/\(name).key",
            "-out", "\(directory)/\(name).crt", "-days", "2", "-subj", "/CN=\(name)")
    }

    private func policy(_ more: String = "") throws -> WebPolicy {
        let file = directory + "/web.yml"
        try (ConfigurationCorpus.tls + more).write(toFile: file, atomically: true, encoding: .utf8)
        return try WebPolicy(file: file, engine: BoringTLS())
    }

    private func put(_ from: String, _ to: String) throws {
        let target = URL(fileURLWithPath: "\(directory)/\(to)")
        try Data(contentsOf: URL(fileURLWithPath: "\(directory)/\(from)")).write(to: target)
    }

    @Test func changedFilesAreReadAgain() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let keeper = try #require(try policy().tls)
        let first = keeper.context
        #expect(keeper.refresh() == .unchanged)
        try make("other")
        // Certificate first, key later: in between the two don't match, which is said once.
        try put("other.crt", "server.crt")
        guard case .failed(let message) = keeper.refresh() else {
            Issue.record("a certificate without its key was taken")
            return
        }
        #expect(message.contains("web.yml:3:13: key_file "))
        #expect(keeper.refresh() == .unchanged)
        #expect(keeper.context === first)
        try put("other.key", "server.key")
        #expect(keeper.refresh() == .renewed)
        #expect(keeper.context !== first)
        try FileManager.default.removeItem(atPath: directory + "/server.key")
        guard case .failed = keeper.refresh() else {
            Issue.record("a missing key was taken")
            return
        }
        #expect(keeper.refresh() == .unchanged)
    }

    @Test(arguments: ["rsa:2048", "ed25519", "ec"])
    func kindsOfKeys(_ kind: String) throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try make("server", kind)
        #expect(try policy().tls != nil)
    }

    /// Every suite and curve that the file may name is one that the library has.
    @Test func everyName() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let suites = CipherSuite.allCases.map(\.rawValue).joined(separator: ", ")
        let curves = Curve.allCases.map(\.rawValue).joined(separator: ", ")
        let more = "  cipher_suites: [\(suites)]\n  curve_preferences: [\(curves)]\n"
        let older = CipherSuite.allCases.filter { !$0.isTLS13 }
        #expect(try configuration(more).cipherSuiteValues.count == older.count)
        for suite in older {
            let one = try configuration("  cipher_suites: [\(suite.rawValue)]\n")
            #expect(one.cipherSuiteValues.count == 1, "\(suite)")
        }
    }

    private func configuration(_ more: String) throws -> TLSConfiguration {
        let settings = try #require(try policy(more).tls).settings
        return try TLSContextBuilder(settings: settings, file: "web.yml").configuration()
    }

    /// A fifo, a directory, and a device without an end hold nobody up.
    @Test(arguments: ["fifo", "directory", "/dev/zero", "missing"])
    func filesThatAreNone(_ kind: String) throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var path = "\(directory)/\(kind)"
        switch kind {
        case "fifo": mkfifo(path, 0o600)
        case "directory": mkdir(path, 0o700)
        case "missing": break
        default: path = kind
        }
        #expect(throws: WebConfigurationError.self) { try WebPolicy(file: path, engine: BoringTLS()) }
        let file = directory + "/web.yml"
        try "tls_server_config:\n  cert_file: server.crt\n  key_file: \(path)\n"
            .write(toFile: file, atomically: true, encoding: .utf8)
        #expect {
            try WebPolicy(file: file, engine: BoringTLS())
        } throws: { error in
            "\(error)".hasPrefix("\(file):3:13: key_file \(path) can't be read: ")
        }
    }

    /// The program that can't encrypt says so, and serves the rest.
    @Test func withoutAnEngine() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        _ = try policy()
        #expect {
            try WebPolicy(file: directory + "/web.yml", engine: nil)
        } throws: { error in
            "\(error)".contains("web.yml:2:14: TLS needs the program dovecot-director-exporter-tls")
        }
        let file = directory + "/users.yml"
        try "basic_auth_users: {a: \(ConfigurationCorpus.hash)}\n"
            .write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try WebPolicy(file: file, engine: nil).users.count == 1)
    }

    @Test func whatAnAdministratorShouldKnow() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        #expect(try policy().warnings.isEmpty)
        #expect(
            try policy("  client_auth_type: RequireAndVerifyClientCert\n").warnings
                .contains { $0.contains("every public CA") })
        #expect(
            try policy("basic_auth_users: {a: \(ConfigurationCorpus.hash)}\n").warnings.isEmpty)
        let file = directory + "/clear.yml"
        try "basic_auth_users: {a: \(ConfigurationCorpus.hash)}\ntls_server_config: {min_version: TLS12}\n"
            .write(toFile: file, atomically: true, encoding: .utf8)
        let warnings = try WebPolicy(file: file, engine: BoringTLS()).warnings
        #expect(warnings.count == 2)
    }
}
