internal import AdminProbe
internal import Glibc
internal import NIOCore

/// A place where connections are taken.
struct Listener: Sendable {
    let channel: any Channel
    /// The socket file that this process made; nil for every other kind.
    let file: SocketFile?

    /// Where it listens, in the form of `--web.listen-address`.
    var address: String { channel.localAddress.map(Listener.text) ?? "?" }

    /// Nil where it isn't TCP.
    var port: Int? { channel.localAddress?.port }

    private static func text(of address: SocketAddress) -> String {
        switch address {
        case .v4: "\(address.ipAddress ?? ""):\(address.port ?? 0)"
        case .v6: "[\(address.ipAddress ?? "")]:\(address.port ?? 0)"
        case .unixDomainSocket: "unix:\(address.pathname ?? "")"
        }
    }
}

/// A Unix socket's file that this process made.
struct SocketFile: Sendable {
    private let path: String
    private let device: UInt
    private let inode: UInt

    /// Lets everybody connect, whatever the umask: as with TCP, who may be served is the matter of the
    /// directory's mode and of the web configuration. Nil where nothing is there.
    init?(openedAt path: String) {
        var status = stat()
        guard chmod(path, 0o666) == 0, lstat(path, &status) == 0 else { return nil }
        self.path = path
        device = status.st_dev
        inode = status.st_ino
    }

    /// Removes the file, unless another process has put its own there.
    func remove() {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_dev == device, status.st_ino == inode else {
            return
        }
        unlink(path)
    }

    /// Whether what is there was left over by a process that is gone.
    static func isStale(_ path: String) -> Bool {
        UnixSocketProbe(path: path).existsWithoutListener
    }
}
