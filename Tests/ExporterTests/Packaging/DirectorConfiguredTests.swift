import Foundation
import Testing

/// Whether a machine's Dovecot has a director, as the unit asks before it starts.
@Suite struct DirectorConfiguredTests {
    /// Runs the check with a `doveconf` that prints something and ends with a status.
    private func check(
        _ arguments: [String] = [], prints output: String, status: Int32 = 0
    ) throws -> (code: Int32, output: String) {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("dde-check-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let doveconf = directory.appendingPathComponent("doveconf")
        try Data("#!/bin/sh\n[ \"$*\" = '-h director_servers director_mail_servers' ] || exit 9\nprintf '\(output)'\nexit \(status)\n".utf8)
            .write(to: doveconf)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: doveconf.path)
        let process = Process()
        let pipe = Pipe()
        process.executableURL = Project.root.appendingPathComponent("packaging/director-configured")
        process.arguments = ["x.service"] + arguments
        process.environment = ["PATH": "\(directory.path):/usr/bin:/bin"]
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    @Test func staysOffWhereDovecotSaysSo() throws {
        let (code, output) = try check(prints: "\\n\\n")
        #expect(code == 1)
        #expect(output.contains("systemctl restart x.service"))
        #expect(output.split(separator: "\n").count == 1)
        for arguments in [
            ["--director.socket=/run/dovecot/director-admin"],
            ["--director.socket", "/var/run/dovecot/director-admin", "--director.expect=192.0.2.1"],
            ["--director.socket"],
        ] {
            #expect(try check(arguments, prints: "\\n\\n").code == 1, "\(arguments)")
        }
    }

    @Test(arguments: [
        ("192.0.2.1 192.0.2.2\\n198.51.100.1\\n", 0), ("\\n198.51.100.1\\n", 0), ("192.0.2.1\\n\\n", 0),
        // Whatever can't be found out is no reason to stay off.
        ("", 89), ("\\n\\n", 89),
    ])
    func startsOtherwise(_ output: String, _ status: Int32) throws {
        let result = try check(prints: output, status: status)
        #expect(result.code == 0)
        #expect(result.output.isEmpty)
    }

    @Test(arguments: [
        ["--director.socket=/srv/x/director-admin"], ["--director.socket", "/srv/x/director-admin"],
        ["--once", "--director.socket=/run/dovecot-east/director-admin"],
    ])
    func anotherSocketIsAnotherDovecots(_ arguments: [String]) throws {
        #expect(try check(arguments, prints: "\\n\\n").code == 0)
    }
}
