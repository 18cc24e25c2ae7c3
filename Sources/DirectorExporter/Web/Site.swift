internal import AdminProbe
internal import NIOCore
internal import NIOHTTP1

/// What all connections share; lives on the event loop.
final class Site {
    let router: Router
    let metrics: MetricsResponder
    let connections: ConnectionRegistry
    private let board: Board
    private let maximumRequests: Int
    private let telemetryPath: String

    init(
        telemetryPath: String, maximumRequests: Int, board: Board, metrics: MetricsResponder,
        connections: ConnectionRegistry
    ) {
        router = Router(telemetryPath: telemetryPath)
        self.telemetryPath = telemetryPath
        self.maximumRequests = maximumRequests
        self.board = board
        self.metrics = metrics
        self.connections = connections
    }

    /// As many answers are being made as may be.
    var isBusy: Bool { maximumRequests > 0 && metrics.running >= maximumRequests }

    func answer(for page: Router.Page) -> HTTPAnswer {
        let contents = board.read()
        switch page {
        case .healthy: return HTTPAnswer(.ok, body: "healthy\n")
        case .ready:
            return contents.isReady
                ? HTTPAnswer(.ok, body: "ready\n")
                : HTTPAnswer(.serviceUnavailable, body: "the first poll is not over yet\n")
        case .landing, .metrics:
            let page = LandingPage(contents, telemetryPath: telemetryPath)
            return HTTPAnswer(
                .ok, contentType: "text/html; charset=utf-8",
                headers: [
                    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'",
                    "Cache-Control: no-store",
                ], body: page.html)
        }
    }
}
