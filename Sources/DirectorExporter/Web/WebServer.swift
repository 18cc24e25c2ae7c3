internal import AdminProbe
internal import Glibc
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Threads

/// The HTTP server: one event loop, and one thread for pages that can be large.
final class WebServer: Sendable {
    /// A listener that can't be opened.
    struct ListenError: Error, CustomStringConvertible {
        var description: String
    }

    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let workshop = NIOThreadPool(numberOfThreads: 1)
    private let site: NIOLoopBound<Site>
    private let loop: any EventLoop
    private let listeners = NIOLockedValueBox<[any Channel]>([])

    /// - Parameter tail: what is read anew at each scrape.
    init(
        options: Options, board: Board, limits: ConnectionState.Limits = ConnectionState.Limits(),
        tail: @escaping @Sendable () -> ScrapeTail
    ) throws {
        loop = group.next()
        workshop.start()
        let workshop = workshop
        let loop = loop
        site = try loop.submit {
            let metrics = MetricsResponder(board: board, workshop: workshop, tail: tail)
            let connections = ConnectionRegistry(
                limit: WebServer.connectionLimit(), limits: limits)
            return NIOLoopBound(
                Site(
                    options: options, board: board, workshop: workshop, metrics: metrics,
                    connections: connections), eventLoop: loop)
        }.wait()
    }

    /// How many connections the process's descriptors allow, with room for everything else.
    private static func connectionLimit() -> Int {
        let descriptors = ProcessFiles.limit(of: __rlimit_resource_t(RLIMIT_NOFILE.rawValue)) ?? 1024
        return max(8, Int(clamping: min(descriptors, 65_536)) - 64)
    }

    /// Opens a listener.
    ///
    /// - Returns: where it listens; with port 0 the kernel chose the port.
    func listen(on address: ListenAddress) throws(ListenError) -> String {
        let site = site
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = ConnectionHandler(site: site.value)
                    try channel.pipeline.syncOperations.addHandlers([
                        ArrivalHandler(handler),
                        ByteToMessageHandler(
                            HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)),
                        handler,
                    ])
                }
            }
        do {
            let channel: any Channel
            switch address {
            case .anyAddress(let port):
                channel = try WebServer.bindEverywhere(bootstrap, port: port)
            case .host(let host, let port):
                channel = try bootstrap.bind(host: host, port: port).wait()
            case .unix(let path):
                channel = try bootstrap.bind(
                    unixDomainSocketPath: path, cleanupExistingSocketFile: WebServer.isStale(path)
                ).wait()
            }
            if let port = channel.localAddress?.port {
                try loop.submit { site.value.tcpPort = site.value.tcpPort ?? port }.wait()
            }
            listeners.withLockedValue { $0.append(channel) }
            return channel.localAddress.map { WebServer.text(of: $0) } ?? "\(address)"
        } catch {
            throw ListenError(
                description: "can't listen on \(address): \(WebServer.reason(of: error)); "
                    + "choose another --web.listen-address, or stop what listens there")
        }
    }

    /// All addresses of both families; IPv4 alone where the host has no IPv6.
    private static func bindEverywhere(
        _ bootstrap: ServerBootstrap, port: Int
    ) throws -> any Channel {
        do {
            return try bootstrap.bind(host: "::", port: port).wait()
        } catch let error as IOError where error.errnoCode == EAFNOSUPPORT
            || error.errnoCode == EADDRNOTAVAIL
        {
            return try bootstrap.bind(host: "0.0.0.0", port: port).wait()
        }
    }

    /// Whether a socket file is left over from a process that is gone.
    private static func isStale(_ path: String) -> Bool {
        let probe = AdminProbe.UnixSocketProbe(path: path)
        return probe.existsWithoutListener
    }

    private static func reason(of error: any Error) -> String {
        if let error = error as? IOError { return String(cString: strerror(error.errnoCode)) }
        return "\(error)"
    }

    private static func text(of address: SocketAddress) -> String {
        switch address {
        case .v4: "\(address.ipAddress ?? ""):\(address.port ?? 0)"
        case .v6: "[\(address.ipAddress ?? "")]:\(address.port ?? 0)"
        case .unixDomainSocket: "unix:\(address.pathname ?? "")"
        }
    }

    /// Takes no more connections, and lets answers under way reach their clients, but waits no
    /// longer than this.
    func stop(within limit: Duration) {
        let deadline = MonotonicTime.now() + limit
        let site = site
        for listener in listeners.withLockedValue({ $0 }) {
            let path = listener.localAddress?.pathname
            try? listener.close().wait()
            if let path { unlink(path) }
        }
        try? loop.submit { site.value.connections.drain() }.wait()
        while MonotonicTime.now() < deadline {
            let isQuiet = try? loop.submit { site.value.connections.isQuiet }.wait()
            if isQuiet != false { return }
            Pause.milliseconds(5)
        }
    }
}
