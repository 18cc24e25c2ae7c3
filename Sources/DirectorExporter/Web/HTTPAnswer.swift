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
    func head(date: String, closes: Bool) -> String {
        HTTPAnswer.head(
            status, contentType: contentType, length: body.count, headers: headers, date: date,
            closes: closes)
    }

    static func head(
        _ status: HTTPResponseStatus, contentType: String, length: Int, headers: [String],
        date: String, closes: Bool
    ) -> String {
        var text = "HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n"
        text += "Date: \(date)\r\nContent-Type: \(contentType)\r\nContent-Length: \(length)\r\n"
        text += "X-Content-Type-Options: nosniff\r\n"
        for header in headers { text += header + "\r\n" }
        if closes { text += "Connection: close\r\n" }
        return text + "\r\n"
    }
}
