internal import Glibc
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix
internal import Systemd

extension WebServer {
    /// A listener that can't be opened.
    struct ListenError: Error, CustomStringConvertible {
        var description: String
    }

    /// The kernel lets no more connections wait than its own limit, `net.core.somaxconn`.
    private static let backlog: Int32 = 4096

    /// Opens a listener.
    ///
    /// - Returns: where it listens; with port 0 the kernel chose the port.
    @discardableResult
    func listen(on address: ListenAddress) throws(ListenError) -> String {
        do {
            switch address {
            case .anyAddress(let port):
                return try keep(Listener(channel: bindEverywhere(port: port), file: nil))
            case .host(let host, let port):
                let channel = try bootstrap().bind(host: host, port: port).wait()
                return try keep(Listener(channel: channel, file: nil))
            case .unix(let path):
                let channel = try bootstrap().bind(
                    unixDomainSocketPath: path,
                    cleanupExistingSocketFile: SocketFile.isStale(path)
                ).wait()
                return try keep(Listener(channel: channel, file: SocketFile(openedAt: path)))
            }
        } catch {
            throw ListenError(
                description: "can't listen on \(address): \(WebServer.reason(of: error)); "
                    + "choose another --web.listen-address, or stop what listens there")
        }
    }

    /// Takes the connections of a socket that the service manager opened.
    ///
    /// - Returns: where it listens.
    @discardableResult
    func listen(on socket: ActivatedSocket) throws(ListenError) -> String {
        do {
            let channel = try bootstrap().withBoundSocket(socket.descriptor).wait()
            return try keep(Listener(channel: channel, file: nil))
        } catch {
            throw ListenError(
                description: "can't serve the service manager's socket '\(socket.name)': "
                    + "\(WebServer.reason(of: error)); look at its .socket unit")
        }
    }

    private func bootstrap() -> ServerBootstrap {
        let site = site
        return ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: WebServer.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                site.value.prepare(channel)
            }
    }

    /// All addresses of both families, whatever the system's default for IPv6 sockets is; IPv4 alone
    /// where the host has no IPv6.
    private func bindEverywhere(port: Int) throws -> any Channel {
        do {
            return try bootstrap()
                .serverChannelOption(.socket(Int(IPPROTO_IPV6), IPV6_V6ONLY), value: 0)
                .bind(host: "::", port: port).wait()
        } catch let error as IOError where error.errnoCode == EAFNOSUPPORT
            || error.errnoCode == EADDRNOTAVAIL
        {
            return try bootstrap().bind(host: "0.0.0.0", port: port).wait()
        }
    }

    private func keep(_ listener: Listener) throws -> String {
        let site = site
        if let port = listener.port {
            try loop.submit { site.value.tcpPort = site.value.tcpPort ?? port }.wait()
        }
        listeners.withLockedValue { $0.append(listener) }
        return listener.address
    }

    private static func reason(of error: any Error) -> String {
        switch error {
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case let error as SocketAddressError.UnknownHost: "the name \(error.host) has no address"
        default: "\(error)"
        }
    }
}
