import Foundation
import Testing

/// A socket on which the test hears what a service manager would.
final class NotifySocket {
    let path: String
    private let descriptor: Int32
    private(set) var heard: [String] = []

    init() throws {
        path = "/tmp/dde-notify-\(UUID().uuidString.prefix(8))"
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
        try #require(result == 0)
    }

    deinit {
        close(descriptor)
        unlink(path)
    }

    /// Takes what has come; all of it so far.
    func lines() -> [String] {
        var buffer = [UInt8](repeating: 0, count: 8192)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { return heard }
            heard += String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n")
                .map(String.init)
        }
    }

    func forget() {
        _ = lines()
        heard = []
    }
}

@Suite(.enabled(if: Lab.isUsable)) struct ServiceTests {
    @Test func serviceManagerIsToldTheTruth() async throws {
        let ring = try Ring(net: 45, members: 2)
        let notify = try NotifySocket()
        let sidecar = try Sidecar(
            socket: ring.socket(1),
            environment: ["NOTIFY_SOCKET": notify.path, "WATCHDOG_USEC": "3000000"])
        #expect(
            try await eventually(within: .seconds(20)) { notify.lines().contains("READY=1") })
        #expect(sidecar.scrape("/-/ready").text == "ready\n")
        let status = "STATUS=\(ring.member(1)): ring synced, 2 members, 6 backends"
        #expect(try await eventually(within: .seconds(20)) { notify.lines().contains(status) })
        notify.forget()
        #expect(
            try await eventually(within: .seconds(10)) {
                notify.lines().filter { $0 == "WATCHDOG=1" }.count >= 2
            })

        // A hung director is no reason to be restarted, and the status says so.
        try ring.run("hang", "1")
        #expect(
            try await eventually(within: .seconds(20)) {
                notify.lines().contains { $0.contains("no answer within the deadline") }
            })
        notify.forget()
        #expect(
            try await eventually(within: .seconds(10)) {
                notify.lines().filter { $0 == "WATCHDOG=1" }.count >= 2
            })
        try ring.run("resume", "1")
        #expect(sidecar.stop() == 0)
        #expect(notify.lines().contains("STOPPING=1"))
    }

    @Test func oneConnectionAtTheDirector() async throws {
        let ring = try Ring(net: 46, members: 1)
        let socket = try ring.socket(1)
        let sidecar = try Sidecar(socket: socket, ["--director.poll-interval=100ms"])
        #expect(try await eventually(within: .seconds(20)) { sidecar.scrape()["up"] == 1 })
        func connections() throws -> Int {
            try Command.run("ss", ["-xH", "state", "connected", "src", socket])
                .split(separator: "\n").count
        }
        for _ in 0..<3 {
            try ring.run("reload", "1")
            #expect(
                try await eventually(within: .seconds(10)) { sidecar.scrape()["up"] == 1 })
            // A reload can leave the old director process with our old connection for a moment.
            #expect(try await eventually(within: .seconds(10)) { try connections() == 1 })
        }
    }

    @Test func onceAndItsExitCodes() throws {
        let ring = try Ring(net: 47, members: 1)
        let page = Metrics(
            try Command.run(
                Project.exporter, ["--director.socket=\(ring.socket(1))", "--once"]))
        #expect(page["up"] == 1)
        #expect(page["ring_synced"] == 1)
        func code(_ arguments: String...) throws -> String {
            try Command.run(
                "sh", ["-c", "\"$0\" \"$@\" >/dev/null 2>&1; echo $?", Project.exporter] + arguments
            ).trimmingCharacters(in: .newlines)
        }
        #expect(try code("--once", "--director.socket=/nonexistent") == "1")
        #expect(try code("--nonsense") == "64")
        #expect(try code("--director.timeout=x") == "64")
        #expect(try code("--web.listen-address=192.0.2.1:1", "--director.socket=/x") == "1")
        #expect(try code("--version") == "0")
    }

    /// promtool and Python's OpenMetrics parser accept what a real director makes of the page.
    @Test func pagesAreAccepted() async throws {
        let ring = try Ring(net: 48, members: 3)
        let sidecar = try Sidecar(socket: ring.socket(2), ["--director.expect=127.0.48.1"])
        #expect(try await eventually(within: .seconds(20)) { sidecar.scrape().isWhole })
        let address = "http://127.0.0.1:\(sidecar.port)/metrics"
        let verdict = try Command.run(
            "sh", ["-c", "curl -sS \(address) | promtool check metrics 2>&1"])
        #expect(verdict.isEmpty, "\(verdict)")
        // Debian's package is the system's Python's, whatever stands before it in PATH.
        let families = try Command.run(
            "/usr/bin/python3",
            [
                "-c",
                """
                import sys, urllib.request
                from prometheus_client.openmetrics.parser import text_string_to_metric_families
                request = urllib.request.Request(sys.argv[1], headers={
                    "Accept": "application/openmetrics-text;version=1.0.0"})
                text = urllib.request.urlopen(request).read().decode()
                print(len(list(text_string_to_metric_families(text))))
                """, address,
            ])
        #expect((Int(families.trimmingCharacters(in: .newlines)) ?? 0) > 40)
    }
}
