import Foundation

/// Certificates for tests, made by the openssl command: a server's, and those of clients whom its CA
/// knows or doesn't.
final class Certificates: Sendable {
    let directory: String

    init() throws {
        directory = "/tmp/dde-c\(UUID().uuidString.prefix(13))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try makeCA("ca")
        try makeCA("foreign-ca")
        try make("server", signedBy: "ca", serial: 1)
        try make("friend", signedBy: "ca", serial: 2, forClient: true)
        try make("foreigner", signedBy: "foreign-ca", serial: 3, forClient: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    func path(_ name: String) -> String { "\(directory)/\(name)" }

    private func makeCA(_ name: String) throws {
        try Command.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", path("\(name).key"), "-out", path("\(name).crt"), "-days", "2", "-subj",
                "/CN=\(name)",
            ])
    }

    /// Makes `NAME.crt` and `NAME.key`.
    func make(_ name: String, signedBy ca: String, serial: Int, forClient: Bool = false) throws {
        let extensions = path("\(name).ext")
        try "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\nextendedKeyUsage=\(forClient ? "client" : "server")Auth\n"
            .write(toFile: extensions, atomically: true, encoding: .utf8)
        try Command.run(
            "openssl",
            [
                "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                path("\(name).key"), "-out", path("\(name).csr"), "-subj", "/CN=\(name)",
            ])
        try Command.run(
            "openssl",
            [
                "x509", "-req", "-in", path("\(name).csr"), "-CA", path("\(ca).crt"), "-CAkey",
                path("\(ca).key"), "-set_serial", "\(serial)", "-days", "2", "-extfile", extensions,
                "-out", path("\(name).crt"),
            ])
    }

    /// Writes a web configuration beside the certificates and returns its path.
    @discardableResult
    func write(_ text: String, _ name: String = "web.yml") throws -> String {
        try text.write(toFile: path(name), atomically: true, encoding: .utf8)
        return path(name)
    }

    static let tls = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n"
    /// `prom` with `fakepassword`.
    static let user =
        "basic_auth_users:\n  prom: $2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi\n"
}

/// curl, as somebody who may be refused.
enum Curl {
    struct Answer {
        /// curl's exit code: 35 and 56 where TLS failed.
        var exit: Int
        /// Of HTTP; 0 for none.
        var status: Int
        var text: String
    }

    static func ask(_ url: String, _ arguments: [String] = []) throws -> Answer {
        let text = try Command.run(
            "sh",
            [
                "-c", "curl -sS --max-time 20 -w '\\n%{http_code}' \"$@\" 2>&1; printf '\\n%s' $?", "curl",
                url,
            ] + arguments)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return Answer(
            exit: lines.last.flatMap { Int($0) } ?? -1,
            status: lines.dropLast().last.flatMap { Int($0) } ?? 0,
            text: lines.dropLast(2).joined(separator: "\n"))
    }
}
