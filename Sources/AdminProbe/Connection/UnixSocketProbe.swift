internal import Glibc

/// What is at the path of a Unix socket.
public struct UnixSocketProbe: Sendable {
    /// A socket file is there, and nobody listens on it.
    public let existsWithoutListener: Bool

    public init(path: String) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else {
            existsWithoutListener = false
            return
        }
        do throws(AdminFault) {
            _ = try AdminSocket(connectingTo: path, reserve: nil)
            existsWithoutListener = false
        } catch {
            existsWithoutListener = error.reason == .refused
        }
    }
}
