private import CSystemd
private import Glibc

/// A listening socket that the service manager opened for this process.
public struct ActivatedSocket: Sendable, Equatable {
    public let descriptor: Int32
    /// `FileDescriptorName=` of the socket unit; `unknown` where nothing was said.
    public let name: String
}

/// Sockets that the service manager passes on, as sd_listen_fds(3) describes it.
public enum SocketActivation {
    /// Why the sockets can't be used. Says what and how to mend it.
    public struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        public let description: String
    }

    /// Whether sockets were passed to this process.
    public static var isActivated: Bool { sd_listen_fds(0) > 0 }

    /// Takes the sockets that were passed. Children don't inherit them.
    ///
    /// - Returns: at least one socket; each takes TCP or Unix stream connections.
    public static func takeListeners() throws(Fault) -> [ActivatedSocket] {
        var list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        let count = sd_listen_fds_with_names(1, &list)
        defer {
            if let list, count > 0 {
                for index in 0..<Int(count) { free(list[index]) }
            }
            free(list)
        }
        guard count >= 0 else {
            throw Fault(
                description: "can't take the service manager's sockets: "
                    + String(cString: strerror(-count)))
        }
        guard count > 0, let list else {
            throw Fault(
                description: "the service manager passed no socket: start the service's .socket "
                    + "unit, or leave out --web.systemd-socket")
        }
        var sockets: [ActivatedSocket] = []
        for index in 0..<count {
            let descriptor = SD_LISTEN_FDS_START + index
            let name = list[Int(index)].map { String(cString: $0) } ?? "unknown"
            let families = [AF_INET, AF_INET6, AF_UNIX]
            guard
                families.contains(where: {
                    sd_is_socket(descriptor, $0, Int32(SOCK_STREAM.rawValue), 1) > 0
                })
            else {
                throw Fault(
                    description: "the service manager's socket '\(name)' (descriptor \(descriptor)) "
                        + "doesn't listen for TCP or Unix stream connections: in the .socket unit, "
                        + "use ListenStream= with Accept=no")
            }
            sockets.append(ActivatedSocket(descriptor: descriptor, name: name))
        }
        return sockets
    }
}
