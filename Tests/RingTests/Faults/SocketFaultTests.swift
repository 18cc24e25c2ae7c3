import Foundation
import Testing

/// What can be at the socket's path instead of a director.
@Suite(.enabled(if: Stage.isUsable)) struct SocketFaultTests {
    private func withDirectory(_ body: (String) async throws -> Void) async throws {
        let directory = "/tmp/dde-p\(UUID().uuidString.prefix(13))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await body(directory)
    }

    private func sidecar(
        _ path: String, wrapper: [String] = [], prepare: (String) throws -> Void = { _ in }
    ) throws -> Sidecar {
        try Sidecar(
            socket: path,
            ["--director.poll-interval=100ms", "--director.timeout=1s", "--no-director.link-probe"],
            wrapper: wrapper, prepare: prepare)
    }

    private func look(at sidecar: Sidecar) -> FaultPage { FaultPage(LocalStream.page(port: sidecar.port)) }

    private func fails(_ sidecar: Sidecar, for reason: String) async throws -> Bool {
        try await eventually(within: .seconds(20), every: .milliseconds(50)) {
            let page = look(at: sidecar)
            return !page.isEmpty && !page.isUp && Array(page.failures.keys) == [reason]
                && page.failureCount >= 3
                && page.lies(MemberTruth(WireLists(hosts: [], directors: [])), mayRejectRows: false).isEmpty
        }
    }

    /// Each is one line in the log, however often it is tried, and the end of it another one.
    @Test(arguments: ["nothing", "directory", "file", "dead socket", "link to itself", "file as directory"])
    func otherThings(_ thing: String) async throws {
        try await withDirectory { directory in
            let simulator = try SimulatedRing(members: 3)
            let path = directory + "/director-admin"
            var asked = path
            var reason = "refused"
            switch thing {
            case "nothing": reason = "not_found"
            case "directory":
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            case "file": try Data("x".utf8).write(to: URL(fileURLWithPath: path))
            case "dead socket":
                try Command.run(
                    "/usr/bin/python3",
                    ["-c", "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])", path])
            case "link to itself":
                try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path)
                reason = "not_found"
            default:
                try Data().write(to: URL(fileURLWithPath: path))
                asked = path + "/director-admin"
                reason = "not_found"
            }
            let sidecar = try sidecar(asked)
            #expect(try await fails(sidecar, for: reason))
            let log = FaultLog(of: sidecar)
            #expect(log.count("the director can't be asked") == 1)
            #expect(log.count("remedy=") == 1)

            // The director's socket takes its place.
            try? FileManager.default.removeItem(atPath: path)
            if asked != path {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            }
            try FileManager.default.createSymbolicLink(
                atPath: asked, withDestinationPath: simulator.socket(1))
            #expect(try await eventually(within: .seconds(15)) { look(at: sidecar).isUp })
            #expect(FaultLog(of: sidecar).complaints(outages: 1, reasons: 1, rejects: false).isEmpty)
        }
    }

    /// While the director answers on its connection, it doesn't matter what is at the path; once it
    /// ends, it is what is there now that is asked.
    @Test func replacedWhileConnected() async throws {
        try await withDirectory { directory in
            let (first, second) = (try SimulatedRing(members: 3), try SimulatedRing(members: 4))
            let path = directory + "/director-admin"
            func put(_ target: String) throws {
                try? FileManager.default.removeItem(atPath: path)
                try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
            }
            try put(first.socket(1))
            let sidecar = try sidecar(path)
            #expect(try await eventually(within: .seconds(20)) { look(at: sidecar).isUp })
            try put("/nonexistent")
            let polled = look(at: sidecar).lastSuccess
            #expect(try await eventually(within: .seconds(20)) { look(at: sidecar).lastSuccess > polled + 1 })
            #expect(look(at: sidecar).failureCount == 0)
            try put(second.socket(1))
            try first.order("stop 1")
            let fourth = "ring_member{director=\"192.0.2.4:9090\"}"
            #expect(try await eventually(within: .seconds(20)) { look(at: sidecar)[fourth] == 1 })
            #expect(look(at: sidecar).isUp)
            #expect(try await eventually(within: .seconds(10)) { try second.connections(1) == 1 })
        }
    }

    @Test(.enabled(if: geteuid() == 0)) func noPermission() async throws {
        try await withDirectory { directory in
            let simulator = try SimulatedRing(members: 3)
            try Command.run("chmod", ["0755", simulator.directory, simulator.directory + "/1"])
            try Command.run("chmod", ["0600", simulator.socket(1)])
            let sidecar = try sidecar(
                simulator.socket(1),
                wrapper: ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
            ) { try Command.run("chmod", ["0777", $0]) }
            #expect(try await fails(sidecar, for: "permission"))
            #expect(FaultLog(of: sidecar).count("unix_listener director-admin") == 1)
            try Command.run("chmod", ["0666", simulator.socket(1)])
            #expect(try await eventually(within: .seconds(15)) { look(at: sidecar).isUp })
            #expect(FaultLog(of: sidecar).complaints(outages: 1, reasons: 1, rejects: false).isEmpty)
        }
    }
}
