internal import NIOHTTP1

/// Which page a request is for.
struct Router: Sendable {
    enum Page: Equatable, Sendable {
        case landing
        case metrics
        case healthy
        case ready
        /// The members, for Prometheus.
        case serviceDiscovery
        /// The snapshot as JSON.
        case ring
        /// What refreshes the page for people.
        case script
        /// Reads the configuration again.
        case reload

        /// Whether it is answered to everybody, whoever the users are.
        var isOpen: Bool { self == .healthy || self == .ready }
    }

    enum Decision: Equatable, Sendable {
        case page(Page)
        case answer(HTTPAnswer)
    }

    private let telemetryPath: String

    init(telemetryPath: String) {
        self.telemetryPath = telemetryPath
    }

    func decide(_ head: HTTPRequestHead) -> Decision {
        if let refusal = Router.refusal(of: head) { return .answer(refusal) }
        guard let page = page(at: Router.path(of: head.uri)) else { return .answer(.notFound) }
        switch (page, head.method) {
        case (.reload, .POST), (.reload, .PUT): return .page(page)
        case (.reload, _): return .answer(.methodNotAllowed("POST, PUT"))
        case (_, .GET), (_, .HEAD): return .page(page)
        default: return .answer(.methodNotAllowed("GET, HEAD"))
        }
    }

    /// Whether a request is answered without asking who sent it: for a page that is open, and when it
    /// isn't well-formed.
    func isOpen(_ head: HTTPRequestHead) -> Bool {
        Router.refusal(of: head) != nil || page(at: Router.path(of: head.uri))?.isOpen == true
    }

    /// What is wrong with a request whatever it is for.
    private static func refusal(of head: HTTPRequestHead) -> HTTPAnswer? {
        let hosts = head.headers["Host"]
        if hosts.count > 1 { return .badRequest("There is more than one Host header.") }
        if hosts.isEmpty, head.version != .http1_0 {
            return .badRequest("The Host header is missing.")
        }
        if head.version.major != 1 {
            return HTTPAnswer(.httpVersionNotSupported, body: "HTTP/1.1 is spoken here.\n")
        }
        let expectations = head.headers["Expect"]
        if !expectations.isEmpty, !isContinueExpected(head) {
            return HTTPAnswer(.expectationFailed, body: "Only 100-continue can be expected.\n")
        }
        return nil
    }

    /// Whether the client waits for a word before it sends the body.
    static func isContinueExpected(_ head: HTTPRequestHead) -> Bool {
        let expectations = head.headers["Expect"]
        return expectations.count == 1 && expectations[0].lowercased() == "100-continue"
    }

    private func page(at path: Substring) -> Page? {
        if path == telemetryPath[...] { return .metrics }
        return switch path {
        case "/": .landing
        case "/-/healthy": .healthy
        case "/-/ready": .ready
        case "/sd": .serviceDiscovery
        case "/api/v1/ring": .ring
        case "/page.js": .script
        case "/-/reload": .reload
        default: nil
        }
    }

    /// The path of a request target, in origin or absolute form, without the query.
    static func path(of target: String) -> Substring {
        var rest = target[...]
        for scheme in ["http://", "https://"] where rest.lowercased().hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count)
            guard let slash = rest.firstIndex(of: "/") else { return "/" }
            rest = rest[slash...]
            break
        }
        return rest.prefix { $0 != "?" && $0 != "#" }
    }
}
