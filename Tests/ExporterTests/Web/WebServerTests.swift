import AdminProbe
import Exposition
import Foundation
import Logging
import Testing

@testable import DirectorExporter

/// A client that says exactly what the test wants.
final class RawClient: @unchecked Sendable {
    private let descriptor: Int32

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
        guard result == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    func say(_ text: String) {
        sendAll(text, to: descriptor)
    }

    func finishSaying() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Everything until the server closes; nil when it doesn't.
    func hearAll() -> [UInt8]? {
        var heard: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count == 0 { return heard }
            if count < 0 { return errno == ECONNRESET ? heard : nil }
            heard += buffer[..<count]
        }
    }

    /// What has come once the text is in it; nil when it doesn't come.
    func hear(until text: String) -> String? {
        var heard = ""
        var buffer = [UInt8](repeating: 0, count: 65536)
        while !heard.contains(text) {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count <= 0 { return nil }
            heard += String(decoding: buffer[..<count], as: UTF8.self)
        }
        return heard
    }
}

/// For parts that log and aren't asked what.
let quietLog = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }

@Suite(.serialized) struct WebServerTests {
    private let server: WebServer
    private let board = Board()
    private let port: Int
    private let page: String
    private static let reloading = ReloadDesk(file: nil, startTime: 2, log: quietLog) {}

    init() throws {
        var limits = ConnectionState.Limits()
        limits.request = .milliseconds(1500)
        limits.idle = .seconds(3)
        var options = Options()
        options.maximumRequests = 2
        server = try WebServer(
            options: options, board: board, limits: limits, reloading: Self.reloading, log: quietLog
        ) {
            ScrapeTail(
                startTime: 1, eventsPending: 3, stateWriteFailures: 4,
                reload: Self.reloading.result)
        }
        let bound = try server.listen(on: .host("127.0.0.1", port: 0))
        port = try #require(bound.split(separator: ":").last.flatMap { Int($0) })
        let record = try GoldenTests.record(Fixture.v2_3)
        page = GoldenTests.page(record, .text)
        board.publish(MetricsPage(record))
        board.publish(status: "fine <&>", snapshot: record)
    }

    private func answer(
        _ request: String, _ headers: String = "Host: x\r\nConnection: close\r\n", body: String = ""
    ) throws -> (head: String, body: [UInt8]) {
        let client = try RawClient(port: port)
        client.say("\(request) HTTP/1.1\r\n\(headers)\r\n\(body)")
        let heard = try #require(client.hearAll())
        let text = String(decoding: heard, as: UTF8.self)
        let headEnd = try #require(text.range(of: "\r\n\r\n"))
        let head = String(text[..<headEnd.upperBound])
        return (head, Array(heard[head.utf8.count...]))
    }

    @Test func metricsInBothFormats() throws {
        let (head, body) = try answer("GET /metrics")
        #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(head.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
        #expect(head.contains("Content-Length: \(body.count)\r\n"))
        #expect(head.contains("Connection: close\r\n"))
        let text = String(decoding: body, as: UTF8.self)
        #expect(text.hasPrefix(page))
        #expect(text.contains("dovecot_director_exporter_events_pending 3\n"))
        #expect(text.contains("dovecot_director_exporter_state_write_failures_total 4\n"))
        for name in ["cpu_seconds_total", "resident_memory_bytes", "open_fds", "start_time_seconds"] {
            #expect(text.contains("\nprocess_\(name) "))
        }
        let open = try answer(
            "GET /metrics",
            "Host: x\r\nConnection: close\r\nAccept: application/openmetrics-text;version=1.0.0\r\n")
        #expect(open.head.contains("application/openmetrics-text; version=1.0.0; charset=utf-8"))
        #expect(String(decoding: open.body, as: UTF8.self).hasSuffix("\n# EOF\n"))
    }

    @Test func compressedPageIsThePage() throws {
        let plain = try answer("GET /metrics")
        let (head, body) = try answer(
            "GET /metrics", "Host: x\r\nConnection: close\r\nAccept-Encoding: gzip\r\n")
        #expect(head.contains("Content-Encoding: gzip\r\n"))
        #expect(head.contains("Vary: Accept, Accept-Encoding\r\n"))
        #expect(body.count < plain.body.count / 3)
        let gunzip = Process()
        gunzip.executableURL = URL(fileURLWithPath: "/bin/gunzip")
        let input = Pipe()
        let output = Pipe()
        gunzip.standardInput = input
        gunzip.standardOutput = output
        try gunzip.run()
        input.fileHandleForWriting.write(Data(body))
        try input.fileHandleForWriting.close()
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        gunzip.waitUntilExit()
        #expect(gunzip.terminationStatus == 0)
        #expect(text.hasPrefix(page))
        #expect(text.hasSuffix("process_start_time_seconds 1\n"))
    }

    @Test func headHasNoBody() throws {
        for encoding in ["identity", "gzip"] {
            let (head, body) = try answer(
                "HEAD /metrics", "Host: x\r\nConnection: close\r\nAccept-Encoding: \(encoding)\r\n")
            #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(!head.contains("Content-Length: 0\r\n"))
            #expect(body.isEmpty)
        }
        #expect(try answer("HEAD /nowhere").body.isEmpty)
    }

    @Test func statusCodes() throws {
        #expect(try answer("GET /nowhere").head.hasPrefix("HTTP/1.1 404 "))
        let (head, _) = try answer("POST /metrics")
        #expect(head.hasPrefix("HTTP/1.1 405 "))
        #expect(head.contains("Allow: GET, HEAD\r\n"))
        #expect(try answer("GET /metrics", "Connection: close\r\n").head.hasPrefix("HTTP/1.1 400 "))
        #expect(
            try answer("GET /metrics", "Host: a\r\nHost: b\r\nConnection: close\r\n")
                .head.hasPrefix("HTTP/1.1 400 "))
        #expect(try answer("nonsense").head.hasPrefix("HTTP/1.1 400 "))
        #expect(
            try answer("GET /metrics", "X: \(String(repeating: "x", count: 200_000))\r\n")
                .head.hasPrefix("HTTP/1.1 431 "))
        #expect(
            try answer(
                "POST /metrics", "Host: x\r\nContent-Length: 100000\r\n",
                body: String(repeating: "x", count: 100_000)
            ).head.hasPrefix("HTTP/1.1 413 "))
        #expect(try answer("CONNECT x:1").head.hasPrefix("HTTP/1.1 4"))
        #expect(try answer("PRI *").head.hasPrefix("HTTP/1.1 4"))
    }

    @Test func readiness() throws {
        #expect(try answer("GET /-/healthy").head.hasPrefix("HTTP/1.1 200 "))
        #expect(try answer("GET /-/ready").head.hasPrefix("HTTP/1.1 200 "))
        let fresh = try WebServer(
            options: Options(), board: Board(), reloading: Self.reloading, log: quietLog
        ) {
            ScrapeTail(
                startTime: 1, eventsPending: 0, stateWriteFailures: 0,
                reload: Self.reloading.result)
        }
        let bound = try fresh.listen(on: .host("127.0.0.1", port: 0))
        let client = try RawClient(port: try #require(Int(bound.split(separator: ":")[1])))
        client.say("GET /-/ready HTTP/1.0\r\n\r\n")
        let heard = try #require(client.hearAll())
        #expect(String(decoding: heard, as: UTF8.self).hasPrefix("HTTP/1.1 503 "))
        fresh.stop(within: .seconds(1))
    }

    @Test func stoppedServerListensNoMore() throws {
        let path = "/tmp/dde-web-\(UUID().uuidString.prefix(8))"
        let fresh = try WebServer(
            options: Options(), board: board, reloading: Self.reloading, log: quietLog
        ) {
            ScrapeTail(
                startTime: 1, eventsPending: 0, stateWriteFailures: 0,
                reload: Self.reloading.result)
        }
        #expect(try fresh.listen(on: .unix(path: path)) == "unix:\(path)")
        let bound = try fresh.listen(on: .host("127.0.0.1", port: 0))
        let freshPort = try #require(Int(bound.split(separator: ":")[1]))
        #expect(FileManager.default.fileExists(atPath: path))
        _ = try RawClient(port: freshPort)
        fresh.stop(within: .seconds(1))
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(throws: (any Error).self) { try RawClient(port: freshPort) }
    }

    @Test func pageForPeople() throws {
        let (head, body) = try answer("GET /")
        #expect(head.contains("Content-Type: text/html; charset=utf-8\r\n"))
        let html = String(decoding: body, as: UTF8.self)
        #expect(html.contains("fine &lt;&amp;&gt;"))
        #expect(html.contains("[2001:db8::1]:9091"))
        #expect(html.contains("href=\"/metrics\""))
    }

    @Test func serviceDiscoveryListsTheMembers() throws {
        let (head, body) = try answer("GET /sd")
        #expect(head.contains("Content-Type: application/json\r\n"))
        let object = try JSONSerialization.jsonObject(with: Data(body))
        let groups = try #require(object as? [[String: Any]])
        // The member that is being removed is left out, two members on one address are one target.
        #expect(
            groups.map { $0["targets"] as? [String] } == [
                ["192.0.2.1:\(port)"], ["192.0.2.2:\(port)"], ["192.0.2.3:\(port)"],
                ["[2001:db8::1]:\(port)"],
            ])
        let labels = groups.map { ($0["labels"] as? [String: String])?["__meta_dovecot_director_member"] }
        #expect(labels.last == "[2001:db8::1]:9091,[2001:db8::1]:9092")

        board.publish(status: "x", snapshot: try GoldenTests.record(Fixture.standalone))
        #expect(try answer("GET /sd").body == Array("[]\n".utf8))
        board.publish(status: "x", snapshot: try GoldenTests.record(nil))
        #expect(try answer("GET /sd").head.hasPrefix("HTTP/1.1 503 "))
        #expect(try answer("GET /api/v1/ring").head.hasPrefix("HTTP/1.1 503 "))
    }

    @Test func ringAsJSON() throws {
        let (head, body) = try answer("GET /api/v1/ring")
        #expect(head.contains("Content-Type: application/json\r\n"))
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
        #expect(object["director"] as? String == "192.0.2.1:9090")
        #expect(object["status"] as? String == "syncing")
        #expect((object["members"] as? [[String: Any]])?.count == 6)
        #expect((object["links"] as? [[String: Any]])?.count == 3)
        #expect((object["backends"] as? [[String: Any]])?.count == 3)
        // Every key of the schema is there, and no other.
        let schema = try #require(
            try JSONSerialization.jsonObject(with: Data(Project.text("docs/ring.schema.json").utf8))
                as? [String: Any])
        #expect(Set(object.keys) == Set(schema["required"] as? [String] ?? []))
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() throws {
        let client = try RawClient(port: port)
        client.say(
            "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
                + "GET /metrics HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n"
                + "HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
                + "GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        let heard = try #require(client.hearAll())
        let text = String(decoding: heard, as: UTF8.self)
        let codes = text.matches(of: #/HTTP/1\.1 (\d+) /#).map { String($0.1) }
        #expect(codes == ["404", "200", "200", "200"])
        #expect(text.hasSuffix("healthy\n"))
    }

    /// However many requests come at once, they are answered one after the other, and no more are
    /// taken from the wire than can be answered.
    @Test func endlessPipeline() throws {
        let count = 20_000
        let client = try RawClient(port: port)
        let writer = Thread {
            client.say("GET /metrics HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n")
            let request = "GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n"
            for _ in 0..<(count / 100) { client.say(String(repeating: request, count: 100)) }
            client.say("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        }
        writer.start()
        let heard = try #require(client.hearAll())
        let text = String(decoding: heard, as: UTF8.self)
        #expect(text.components(separatedBy: "\r\n\r\nhealthy\n").count == count + 1)
        #expect(text.hasSuffix("</html>\n"))
    }

    /// Behind an upgrade nothing can be understood, so the connection ends with the answer.
    @Test func otherProtocolsAreNotSpoken() throws {
        let client = try RawClient(port: port)
        client.say(
            "GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                + "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n")
        let heard = try #require(client.hearAll())
        #expect(String(decoding: heard, as: UTF8.self).hasSuffix("healthy\n"))
    }

    @Test func oldClients() throws {
        let client = try RawClient(port: port)
        client.say("GET /-/healthy HTTP/1.0\r\n\r\n")
        let heard = try #require(client.hearAll())
        #expect(String(decoding: heard, as: UTF8.self).hasSuffix("healthy\n"))
        let kept = try RawClient(port: port)
        kept.say("GET /metrics HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(
            kept.hear(until: "process_start_time_seconds 1\n")?
                .contains("Connection: keep-alive\r\n") == true)
        kept.say("GET /-/healthy HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(kept.hear(until: "healthy\n") != nil)
    }

    @Test func halfClosedClientIsAnswered() throws {
        let client = try RawClient(port: port)
        client.say("GET /metrics HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n")
        client.finishSaying()
        let heard = try #require(client.hearAll())
        #expect(String(decoding: heard.prefix(15), as: UTF8.self) == "HTTP/1.1 200 OK")
    }

    @Test func continueIsSaidWhenExpected() throws {
        let client = try RawClient(port: port)
        client.say(
            "POST /metrics HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        #expect(client.hear(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
        client.say("ab")
        #expect(client.hear(until: "\r\n\r\n")?.hasPrefix("HTTP/1.1 405 ") == true)
    }

    @Test func slowRequestsEnd() throws {
        let client = try RawClient(port: port)
        client.say("GET /metrics HTTP/1.1\r\nHost: x\r\n")
        let heard = try #require(client.hearAll())
        #expect(String(decoding: heard, as: UTF8.self).hasPrefix("HTTP/1.1 408 "))
    }

    @Test func idleConnectionsEnd() throws {
        let client = try RawClient(port: port)
        client.say("GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n")
        let heard = try #require(client.hearAll())
        #expect(String(decoding: heard, as: UTF8.self).hasSuffix("healthy\n"))
    }

    @Test func publishedPageIsServedAtOnce() throws {
        _ = try answer("GET /metrics")
        board.publish(MetricsPage(try GoldenTests.record(nil, fault: .refused)))
        let (_, body) = try answer("GET /metrics")
        #expect(String(decoding: body, as: UTF8.self).contains("\ndovecot_director_up 0\n"))
    }
}
