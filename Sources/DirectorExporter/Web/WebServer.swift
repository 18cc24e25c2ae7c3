internal import AdminProbe
internal import Glibc
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import Logging
internal import NIOPosix
internal import Threads

/// The HTTP server: one event loop, and one thread for pages that can be large.
final class WebServer: Sendable {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let workshop = NIOThreadPool(numberOfThreads: 1)
    let site: NIOLoopBound<Site>
    let loop: any EventLoop
    let listeners = NIOLockedValueBox<[Listener]>([])

    /// - Parameter tail: what is read anew at each scrape.
    init(
        options: Options, board: Board, limits: ConnectionState.Limits = ConnectionState.Limits(),
        reloading: ReloadDesk, log: Logger, tail: @escaping @Sendable () -> ScrapeTail
    ) throws {
        loop = group.next()
        workshop.start()
        let workshop = workshop
        let loop = loop
        site = try loop.submit {
            let metrics = MetricsResponder(board: board, workshop: workshop, tail: tail)
            let connections = ConnectionRegistry(
                limit: WebServer.connectionLimit(encrypts: reloading.engine != nil), limits: limits)
            return NIOLoopBound(
                Site(
                    options: options, board: board, workshop: workshop, metrics: metrics,
                    connections: connections, reloading: reloading, log: log, loop: loop),
                eventLoop: loop)
        }.wait()
    }

    /// From now on this is the policy, for requests on connections that are there already too.
    func apply(_ policy: WebPolicy) {
        let site = site
        // Nothing fails on a loop that runs for as long as the process.
        try? loop.submit { site.value.apply(policy) }.wait()
    }

    /// How many connections the process's descriptors allow, with room for everything else.
    ///
    /// - Parameter encrypts: whether there may be TLS, which takes some 25 kB for each.
    private static func connectionLimit(encrypts: Bool) -> Int {
        let descriptors = ProcessFiles.limit(of: __rlimit_resource_t(RLIMIT_NOFILE.rawValue)) ?? 1024
        let limit = max(8, Int(clamping: min(descriptors, 65_536)) - 64)
        return encrypts ? min(limit, 4096) : limit
    }

    /// Takes no more connections, and lets answers under way reach their clients, but waits no
    /// longer than this.
    func stop(within limit: Duration) {
        let deadline = MonotonicTime.now() + limit
        let site = site
        for listener in listeners.withLockedValue({ $0 }) {
            try? listener.channel.close().wait()
            listener.file?.remove()
        }
        try? loop.submit { site.value.connections.drain() }.wait()
        while MonotonicTime.now() < deadline {
            let isQuiet = try? loop.submit { site.value.connections.isQuiet }.wait()
            if isQuiet != false { return }
            Pause.milliseconds(5)
        }
    }
}
