internal import AdminProbe
internal import DirectorControl

/// An exporter's metrics, fetched once by plain HTTP.
struct ExporterPage {
    /// Why there is no page.
    struct Failure: Error {
        let text: String
    }

    private static let mostLines = 4_000_000

    /// The samples of a page.
    ///
    /// - Parameters:
    ///   - url: `http://[USER:PASSWORD@]HOST:PORT[/PATH]`; without a path `/metrics`.
    ///   - timeout: for each wait.
    static func fetch(_ url: String, timeout: Duration) throws(Failure) -> [MetricSample] {
        guard url.hasPrefix("http://") else {
            throw Failure(
                text: "\(url): only http:// is spoken here; for an exporter behind TLS ask the "
                    + "directors themselves with -a")
        }
        var authority = url.dropFirst("http://".count)
        var path: Substring = "/metrics"
        if let slash = authority.firstIndex(of: "/") {
            if authority[slash...] != "/" { path = authority[slash...] }
            authority = authority[..<slash]
        }
        var credentials: Substring?
        if let at = authority.lastIndex(of: "@") {
            credentials = authority[..<at]
            authority = authority[authority.index(after: at)...]
        }
        let hasPort = authority.last != "]" && authority.contains(":")
        do throws(DialogueFault) {
            let endpoint = Endpoint(String(authority) + (hasPort ? "" : ":80"))
            let stream = LineStream(descriptor: try endpoint.connect(), target: url)
            let authorization =
                credentials.map { "Authorization: Basic \(Base64.encode(Array($0.utf8)))\r\n" } ?? ""
            try stream.write(
                Array(
                    "GET \(path) HTTP/1.0\r\nHost: \(authority)\r\nAccept: text/plain\r\n\(authorization)\r\n"
                        .utf8), timeout: timeout)
            return try read(stream, url, timeout)
        } catch .timedOut {
            throw Failure(text: "\(url) timed out")
        } catch .portMissing {
            throw Failure(text: "\(url): no port that can be connected to")
        } catch {
            throw Failure(text: "\(url): \(error.message)")
        }
    }

    private static func read(
        _ stream: LineStream, _ url: String, _ timeout: Duration
    ) throws(DialogueFault) -> [MetricSample] {
        func line() throws(DialogueFault) -> String? {
            try stream.nextLine(timeout: timeout) { bytes in
                bytes.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
            }
        }
        let status = (try line() ?? "").split(separator: " ")
        guard status.count >= 2, status[0].hasPrefix("HTTP/"), status[1] == "200" else {
            throw .incompatible(target: "\(url) (\(status.dropFirst().joined(separator: " ")))")
        }
        while let header = try line(), !header.isEmpty {}
        var samples: [MetricSample] = []
        var count = 0
        while let text = try line(), count < mostLines {
            count += 1
            if let sample = MetricSample(text) { samples.append(sample) }
        }
        return samples
    }
}

/// RFC 4648, for the one header that needs it.
enum Base64 {
    static func encode(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var word = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            word <<= UInt32(8 * (3 - group.count))
            for index in 0..<4 {
                text.append(
                    index <= group.count
                        ? alphabet[Int(word >> UInt32(18 - 6 * index) & 63)] : "=")
            }
        }
        return text
    }
}
