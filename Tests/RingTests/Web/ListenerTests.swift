import Foundation
import Testing

/// Where the exporter listens. No director is needed.
@Suite(.enabled(if: Lab.hasTools)) struct ListenerTests {
    private let room = "/tmp/dde-l\(UUID().uuidString.prefix(13))"

    init() throws {
        try FileManager.default.createDirectory(atPath: room, withIntermediateDirectories: true)
    }

    private func log(_ sidecar: Sidecar) throws -> String {
        try String(contentsOfFile: sidecar.log, encoding: .utf8)
    }

    private func served(_ sidecar: Sidecar) throws -> [String] {
        try log(sidecar).matches(of: /serving HTTP" address=(\S+)/).map { String($0.1) }
    }

    private func healthy(_ url: String, _ arguments: [String] = []) throws -> Bool {
        try Curl.ask(url + "/-/healthy", arguments).status == 200
    }

    @Test func severalAddresses() async throws {
        defer { try? FileManager.default.removeItem(atPath: room) }
        let path = room + "/web.sock"
        let sidecar = try Sidecar(
            socket: "/nonexistent",
            [
                "--web.listen-address=[::1]:0", "--web.listen-address=:0",
                "--web.listen-address=localhost:0", "--web.listen-address=unix:\(path)",
            ])
        #expect(try await eventually(within: .seconds(20)) { try served(sidecar).count == 5 })
        let addresses = try served(sidecar)
        #expect(addresses[1].hasPrefix("[::1]:"))
        #expect(addresses[2].hasPrefix("[::]:"))
        #expect(try healthy("http://\(addresses[0])") && healthy("http://\(addresses[1])"))
        // Both families, whatever the system's default for IPv6 sockets is.
        let port = addresses[2].dropFirst("[::]:".count)
        #expect(try healthy("http://127.0.0.1:\(port)") && healthy("http://[::1]:\(port)"))
        #expect(try healthy("http://\(addresses[3])"))
        #expect(try healthy("http://x", ["--unix-socket", path]))
        // Whom the directory lets in may connect, whatever the umask was.
        var status = stat()
        #expect(lstat(path, &status) == 0 && status.st_mode & 0o777 == 0o666)
        #expect(sidecar.stop() == 0)
        #expect(access(path, F_OK) != 0)
    }

    @Test func unixSocketFiles() async throws {
        defer { try? FileManager.default.removeItem(atPath: room) }
        let path = room + "/web.sock"
        let arguments = ["--web.listen-address=unix:\(path)"]
        let first = try Sidecar(socket: "/nonexistent", arguments)
        #expect(
            try await eventually(within: .seconds(20)) {
                try healthy("http://x", ["--unix-socket", path])
            })
        // One that is in use is nobody else's.
        #expect(try start(arguments).code == 1)
        #expect(
            try start(arguments).said.contains(
                "can't listen on unix:\(path): Address already in use; choose another"))
        #expect(try healthy("http://x", ["--unix-socket", path]))
        // One that was left over is replaced.
        first.kill9()
        #expect(access(path, F_OK) == 0)
        let second = try Sidecar(socket: "/nonexistent", arguments)
        #expect(
            try await eventually(within: .seconds(20)) {
                try healthy("http://x", ["--unix-socket", path])
            })
        // What somebody else has put there meanwhile stays.
        unlink(path)
        try Data().write(to: URL(fileURLWithPath: path))
        #expect(second.stop() == 0)
        #expect(access(path, F_OK) == 0)
        // A plain file is never taken away.
        #expect(try start(arguments).code == 1)
        #expect(access(path, F_OK) == 0)
    }

    /// Starts an exporter that can't start.
    private func start(_ arguments: [String]) throws -> (code: Int32, said: String) {
        let errors = "/tmp/dde-err-\(UUID().uuidString)"
        try Data().write(to: URL(fileURLWithPath: errors))
        defer { unlink(errors) }
        let code = try Spawn.run(
            ["timeout", "10", Project.exporter, "--director.socket=/nonexistent", "--log.format=logfmt"]
                + arguments, output: "/dev/null", errors: errors, directory: "/")
        return (code, try String(contentsOfFile: errors, encoding: .utf8))
    }

    @Test(arguments: [
        ("192.0.2.1:0", "can't listen on 192.0.2.1:0: Cannot assign requested address; "),
        ("[2001:db8::1]:0", "can't listen on [2001:db8::1]:0: Cannot assign requested address; "),
        ("no-such-name.invalid:1", "can't listen on no-such-name.invalid:1: the name no-such-name.invalid has no address; "),
        ("unix:/nonexistent/web.sock", "can't listen on unix:/nonexistent/web.sock: No such file or directory; "),
    ])
    func errorsNameTheAddress(_ address: String, _ message: String) throws {
        defer { try? FileManager.default.removeItem(atPath: room) }
        let result = try start(["--web.listen-address=127.0.0.1:0", "--web.listen-address=\(address)"])
        #expect(result.code == 1)
        let lines = result.said.split(separator: "\n").filter { $0.contains("level=ERROR") }
        #expect(lines.count == 1 && lines[0].contains(message), "\(result.said)")
    }

    @Test func activation() async throws {
        defer { try? FileManager.default.removeItem(atPath: room) }
        let path = room + "/web.sock"
        let port = Int.random(in: 20_000..<30_000)
        // It passes no variable that isn't named, not even a sanitizer's.
        let passed = ["PATH", "ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS"].filter {
            ProcessInfo.processInfo.environment[$0] != nil
        }
        let sidecar = try Sidecar(
            socket: "/nonexistent", ["--web.systemd-socket"],
            wrapper: [
                "systemd-socket-activate", "-l", "127.0.0.1:\(port)", "-l", path,
                "--fdname=http:local",
            ] + passed.flatMap { ["-E", $0] })
        // Connections that come before the exporter does are served too.
        #expect(
            try await eventually(within: .seconds(20)) { try healthy("http://127.0.0.1:\(port)") })
        #expect(try healthy("http://x", ["--unix-socket", path]))
        let addresses = try served(sidecar)
        #expect(addresses == ["127.0.0.1:\(port)", "unix:\(path)"])
        #expect(try log(sidecar).contains("--web.listen-address is not used"))
        // The socket's file is the service manager's.
        #expect(sidecar.stop() == 0)
        #expect(access(path, F_OK) == 0)
    }

    @Test func activationThatFails() throws {
        defer { try? FileManager.default.removeItem(atPath: room) }
        let none = try start(["--web.systemd-socket"])
        #expect(none.code == 1)
        #expect(none.said.contains("the service manager passed no socket: start the service's .socket"))
        let port = Int.random(in: 20_000..<30_000)
        let errors = room + "/err"
        try Data().write(to: URL(fileURLWithPath: errors))
        // A packet wakes the service that listens for connections.
        let code = try Spawn.run(
            [
                "bash", "-c",
                "systemd-socket-activate -d -l 127.0.0.1:\(port) \(Project.exporter) "
                    + "--web.systemd-socket --director.socket=/nonexistent --log.format=logfmt & "
                    + "for i in $(seq 100); do echo x >/dev/udp/127.0.0.1/\(port); sleep 0.1; "
                    + "kill -0 $! 2>/dev/null || break; done; wait $!",
            ], output: "/dev/null", errors: errors, directory: "/")
        #expect(code == 1)
        #expect(
            try String(contentsOfFile: errors, encoding: .utf8)
                .contains("doesn't listen for TCP or Unix stream connections"))
    }
}
