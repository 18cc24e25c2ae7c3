internal import AdminProbe
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// What all connections share; lives on the event loop.
final class Site {
    let router: Router
    let metrics: MetricsResponder
    let connections: ConnectionRegistry
    let gate: Gate
    let certificates: CertificateDesk
    let reloading: ReloadDesk
    let log: Logger
    /// Of the first TCP listener; nil where there is none.
    var tcpPort: Int?
    private(set) var policy = WebPolicy()

    private let board: Board
    private let workshop: NIOThreadPool
    private let maximumRequests: Int
    private let telemetryPath: String
    /// Pages that are being made.
    private var running = 0

    /// - Parameter workshop: where pages are made that can be large.
    init(
        options: Options, board: Board, workshop: NIOThreadPool, metrics: MetricsResponder,
        connections: ConnectionRegistry, reloading: ReloadDesk, log: Logger, loop: any EventLoop
    ) {
        gate = Gate(loop: loop)
        certificates = CertificateDesk(loop: loop, log: log)
        self.reloading = reloading
        self.log = log
        router = Router(telemetryPath: options.telemetryPath)
        telemetryPath = options.telemetryPath
        maximumRequests = options.maximumRequests
        self.board = board
        self.workshop = workshop
        self.metrics = metrics
        self.connections = connections
    }

    /// From the next request and the next connection on, this is the policy.
    func apply(_ policy: WebPolicy) {
        let keepsConnections = policy.keepsConnections(of: self.policy)
        self.policy = policy
        gate.apply(policy)
        metrics.fixed = policy.headers
        if !keepsConnections { connections.drain() }
    }

    /// As many answers are being made as may be.
    var isBusy: Bool { maximumRequests > 0 && metrics.running + running >= maximumRequests }

    /// An answer that takes no time; nil for a page that has to be made.
    func answerAtOnce(for page: Router.Page) -> HTTPAnswer? {
        switch page {
        case .healthy: HTTPAnswer(.ok, body: "healthy\n")
        case .ready:
            board.read().isReady
                ? HTTPAnswer(.ok, body: "ready\n")
                : HTTPAnswer(.serviceUnavailable, body: "the first poll is not over yet\n")
        case .script: LandingScript.answer
        case .landing, .metrics, .ring, .serviceDiscovery, .reload: nil
        }
    }

    /// Makes a page elsewhere.
    func make(_ page: Router.Page, on loop: any EventLoop) -> EventLoopFuture<HTTPAnswer> {
        let contents = board.read()
        let port = tcpPort
        let telemetryPath = telemetryPath
        running += 1
        let work = workshop.runIfActive(eventLoop: loop) { () -> HTTPAnswer in
            switch page {
            case .ring: Site.ringAnswer(contents)
            case .serviceDiscovery: Site.discoveryAnswer(contents, port: port)
            case .landing, .metrics, .healthy, .ready, .script, .reload:
                LandingPage(contents, telemetryPath: telemetryPath, port: port).answer
            }
        }
        return work.assumeIsolated().always { _ in self.running -= 1 }.nonisolated()
    }

    /// Has the configuration read again. What is wrong with it is for the log, not for the network.
    func reload(on loop: any EventLoop) -> EventLoopFuture<HTTPAnswer> {
        guard let isInUse = reloading.request(on: loop) else {
            return loop.makeSucceededFuture(
                HTTPAnswer(
                    .serviceUnavailable, headers: ["Retry-After: 1"],
                    body: "The configuration is being read already.\n"))
        }
        return isInUse.map { isInUse in
            isInUse
                ? HTTPAnswer(.ok, body: "The configuration was read again and is in use.\n")
                : HTTPAnswer(
                    .internalServerError,
                    body: "The configuration can't be used, the last good one stays: see the log.\n")
        }
    }

    private static func ringAnswer(_ contents: Board.Contents) -> HTTPAnswer {
        guard let record = contents.record, let observation = record.observation,
            let observedAt = record.lastSuccess
        else { return unknownRing }
        return HTTPAnswer(
            .ok, contentType: "application/json", headers: ["Cache-Control: no-store"],
            body: RingDocument(observation, observedAt: observedAt).json)
    }

    private static func discoveryAnswer(_ contents: Board.Contents, port: Int?) -> HTTPAnswer {
        guard let snapshot = contents.record?.observation?.snapshot else { return unknownRing }
        guard let port else {
            return HTTPAnswer(
                .serviceUnavailable,
                body: "This exporter has no TCP listener that others could be found by.\n")
        }
        return HTTPAnswer(
            .ok, contentType: "application/json", headers: ["Cache-Control: no-store"],
            body: ServiceDiscovery.json(snapshot, port: port))
    }

    /// An error and not an empty list, so that Prometheus keeps the targets that it has.
    private static let unknownRing = HTTPAnswer(
        .serviceUnavailable, headers: ["Retry-After: 1"],
        body: "The ring is not known: the director does not answer.\n")
}
