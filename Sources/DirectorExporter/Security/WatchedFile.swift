internal import Glibc

/// A file that is read whole, and that can be seen to have changed.
package struct WatchedFile: Sendable {
    /// What changes when a file is written or replaced, symbolic links on the way included.
    struct Identity: Sendable, Equatable {
        fileprivate var device: UInt = 0
        fileprivate var inode: UInt = 0
        fileprivate var size = 0
        fileprivate var modified: [Int] = []
    }

    /// The C library's words for why it can't be read.
    package struct Fault: Error, CustomStringConvertible {
        package var description: String

        package init(description: String) {
            self.description = description
        }
    }

    let path: String

    package init(path: String) {
        self.path = path
    }

    /// Nil where there is no such file.
    var identity: Identity? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Identity(
            device: status.st_dev, inode: status.st_ino, size: status.st_size,
            modified: [
                status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec,
                status.st_ctim.tv_nsec,
            ])
    }

    /// - Parameter limit: in bytes; of a larger file that many and one more are read.
    package func read(limit: Int) throws(Fault) -> [UInt8] {
        // A fifo that nobody writes to must not hold anybody up.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Fault(description: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Fault(description: "it is not a plain file")
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16384)
        while bytes.count <= limit {
            let count = Glibc.read(descriptor, &buffer, min(buffer.count, limit + 1 - bytes.count))
            if count == 0 { break }
            if count > 0 {
                bytes += buffer[..<count]
            } else if errno != EINTR {
                throw Fault(description: String(cString: strerror(errno)))
            }
        }
        return bytes
    }
}
