import Exposition
import NIOHTTP1
import Testing

@testable import DirectorExporter

@Suite struct NegotiationTests {
    private static let prometheus3 =
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
        + "application/openmetrics-text;version=0.0.1;q=0.5,"
        + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
        + "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
    private static let prometheus2 =
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
        + "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"

    @Test(arguments: [
        ("", ExpositionFormat.text), ("*/*", .text), ("text/html", .text), ("text/plain", .text),
        (prometheus3, .openMetrics), (prometheus2, .openMetrics),
        ("application/openmetrics-text", .text),
        ("application/openmetrics-text; version=0.0.1", .text),
        ("application/openmetrics-text; version=1.0.0", .openMetrics),
        ("Application/OpenMetrics-Text; Version=\"1.0.0\"", .openMetrics),
        ("application/openmetrics-text; version=1.0.0; q=0", .text),
        ("application/openmetrics-text; version=1.0.0; q=0.2, text/plain;version=0.0.4;q=0.9", .text),
        ("application/openmetrics-text; version=1.0.0; q=x", .text),
        (";;;,,,=;q=,", .text),
    ])
    func formats(_ accept: String, _ format: ExpositionFormat) {
        #expect(AcceptHeader.format([accept]) == format)
    }

    @Test(arguments: [
        ("", false), ("gzip", true), ("GZIP", true), ("gzip;q=0", false), ("deflate", false),
        ("deflate, gzip;q=0.5", true), ("*", true), ("*;q=0", false), ("identity, *;q=0", false),
        ("gzip;q=0, *", false), ("br, zstd", false),
    ])
    func encodings(_ accept: String, _ allowed: Bool) {
        #expect(AcceptHeader.allowsGzip([accept]) == allowed)
    }

    @Test(arguments: [
        ("/metrics", "/metrics"), ("/metrics?x=1", "/metrics"), ("/metrics#a", "/metrics"),
        ("http://host:1/metrics?x", "/metrics"), ("HTTP://host", "/"), ("*", "*"), ("", ""),
        ("//metrics", "//metrics"), ("/../metrics", "/../metrics"),
    ])
    func targets(_ target: String, _ path: String) {
        #expect(Router.path(of: target) == path[...])
    }

    private func decide(
        _ method: HTTPMethod, _ target: String, version: HTTPVersion = .http1_1,
        _ headers: [(String, String)] = [("Host", "x")]
    ) -> String {
        let head = HTTPRequestHead(
            version: version, method: method, uri: target, headers: HTTPHeaders(headers))
        return switch Router(telemetryPath: "/m").decide(head) {
        case .page(let page): "\(page)"
        case .answer(let answer): "\(answer.status.code)"
        }
    }

    @Test func pages() {
        #expect(decide(.GET, "/m") == "metrics")
        #expect(decide(.HEAD, "/m") == "metrics")
        #expect(decide(.GET, "/") == "landing")
        #expect(decide(.GET, "/-/healthy") == "healthy")
        #expect(decide(.HEAD, "/-/ready") == "ready")
        #expect(decide(.GET, "/metrics") == "404")
        #expect(decide(.GET, "/m/") == "404")
        for method: HTTPMethod in [.POST, .PUT, .DELETE, .OPTIONS, .TRACE, .RAW(value: "BREW")] {
            #expect(decide(method, "/m") == "405")
            #expect(decide(method, "/nowhere") == "404")
        }
    }

    @Test func hostsAndExpectations() {
        #expect(decide(.GET, "/m", []) == "400")
        #expect(decide(.GET, "/m", [("Host", "a"), ("Host", "a")]) == "400")
        #expect(decide(.GET, "/m", version: .http1_0, []) == "metrics")
        #expect(decide(.GET, "/m", version: .http1_0, [("Host", "a"), ("host", "b")]) == "400")
        #expect(decide(.GET, "/m", [("Host", "a"), ("Expect", "100-Continue")]) == "metrics")
        #expect(decide(.GET, "/m", [("Host", "a"), ("Expect", "tea")]) == "417")
    }
}
