internal import Glibc

/// The directory that the sockets are in.
struct SocketDirectory {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let path: String
    private let members: Int
    /// Whether it has to go with the sockets.
    private let isOurs: Bool

    var control: String { "\(path)/control" }

    /// A member's admin socket, by his index.
    func admin(_ member: Int) -> String { "\(path)/\(member + 1)/director-admin" }

    /// Makes what is missing. What an earlier simulator has left is taken over.
    init(_ path: String, members: Int) throws(Failure) {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path
        self.members = members
        let longest = "\(path)/\(members)/director-admin~".utf8.count
        guard longest <= UnixSocket.longestPath else {
            throw Failure(
                description: "\(path) is too long for sockets by \(longest - UnixSocket.longestPath) bytes: "
                    + "use a shorter directory")
        }
        isOurs = mkdir(path, 0o755) == 0
        if !isOurs, errno != EEXIST { throw SocketDirectory.failure("make", path) }
        if let file = UnixSocket.connect(to: "\(path)/control") {
            close(file)
            throw Failure(description: "a simulator runs in \(path) already: use another directory")
        }
        for member in 1...members where mkdir("\(path)/\(member)", 0o755) != 0 && errno != EEXIST {
            throw SocketDirectory.failure("make", "\(path)/\(member)")
        }
    }

    private static func failure(_ verb: String, _ path: String) -> Failure {
        Failure(description: "can't \(verb) \(path): \(String(cString: strerror(errno)))")
    }

    func remove() {
        for member in 0..<members {
            unlink(admin(member))
            unlink(admin(member) + "~")
            rmdir("\(path)/\(member + 1)")
        }
        unlink(control)
        if isOurs { rmdir(path) }
    }
}
