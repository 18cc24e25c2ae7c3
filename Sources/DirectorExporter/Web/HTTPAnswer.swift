internal import NIOHTTP1

/// An answer before it is put on the wire.
struct HTTPAnswer: Equatable, Sendable {
    var status: HTTPResponseStatus
    var contentType = "text/plain; charset=utf-8"
    /// Further header lines.
    var headers: [String] = []
    var body: [UInt8] = []

    init(
        _ status: HTTPResponseStatus, contentType: String = "text/plain; charset=utf-8",
        headers: [String] = [], body: String = ""
    ) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = Array(body.utf8)
    }

    static let notFound = HTTPAnswer(.notFound, body: "There is no such page. See /\n")

    static func methodNotAllowed(_ allowed: String) -> HTTPAnswer {
        HTTPAnswer(
            .methodNotAllowed, headers: ["Allow: \(allowed)"],
            body: "This page knows \(allowed).\n")
    }

    static func badRequest(_ why: String) -> HTTPAnswer {
        HTTPAnswer(.badRequest, body: why + "\n")
    }

    /// The status line and all header lines, the empty one included.
    ///
    /// - Parameter fixed: what every answer carries.
    func head(date: String, closes: Bool, fixed: FixedHeaders = FixedHeaders()) -> String {
        HTTPAnswer.head(
            status, contentType: contentType, length: body.count, headers: headers, date: date,
            closes: closes, fixed: fixed)
    }

    static func head(
        _ status: HTTPResponseStatus, contentType: String, length: Int, headers: [String],
        date: String, closes: Bool, fixed: FixedHeaders
    ) -> String {
        var text = "HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n"
        text += "Date: \(date)\r\nContent-Type: \(contentType)\r\nContent-Length: \(length)\r\n"
        for header in ["X-Content-Type-Options: nosniff"] + headers where !fixed.replaces(header) {
            text += header + "\r\n"
        }
        text += fixed.lines
        if closes { text += "Connection: close\r\n" }
        return text + "\r\n"
    }
}
