internal import Glibc

/// Sockets in the file system.
enum UnixSocket {
    /// What the kernel takes as a path.
    static let longestPath = 107

    struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ what: String) {
            description = "\(what): \(String(cString: strerror(errno)))"
        }
    }

    /// A socket that takes connections, at a path where there may be another one.
    static func listen(at path: String) throws(Failure) -> Int32 {
        // Whoever connects in between finds the old one or the new one.
        let temporary = path + "~"
        unlink(temporary)
        let file = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard file >= 0 else { throw Failure("no socket for \(path)") }
        let bound = withAddress(of: temporary) { bind(file, $0, $1) }
        guard bound == 0, Glibc.listen(file, 1024) == 0, rename(temporary, path) == 0 else {
            let failure = Failure("can't listen at \(path)")
            close(file)
            unlink(temporary)
            throw failure
        }
        return file
    }

    /// A connection that somebody has made, which doesn't block. Negative with errno set where there
    /// is none.
    static func accept(_ listener: Int32) -> Int32 {
        let file = Glibc.accept(listener, nil, nil)
        guard file >= 0 else { return file }
        _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        _ = fcntl(file, F_SETFL, O_NONBLOCK)
        return file
    }

    /// A connection, which blocks. Nil with errno set.
    static func connect(to path: String) -> Int32? {
        let file = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard file >= 0 else { return nil }
        guard withAddress(of: path, { Glibc.connect(file, $0, $1) }) == 0 else {
            let code = errno
            close(file)
            errno = code
            return nil
        }
        return file
    }

    private static func withAddress(
        of path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count <= longestPath else {
            errno = ENAMETOOLONG
            return -1
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
