internal import Glibc

/// The directory in which the state survives. One exporter at a time.
final class StateDirectory {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private let path: String
    /// Holds the lock for as long as the process lives.
    private var lock: Int32 = -1
    private static let largestFile = 256 * 1024 * 1024

    init(path: String) {
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    deinit {
        if lock >= 0 { close(lock) }
    }

    private var file: String { path + "/state" }

    /// The saved state; nil when there is none yet.
    ///
    /// A file that can't be understood is put aside, so that the next write doesn't destroy it.
    func read() throws(Failure) -> SavedState? {
        try takeLock()
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw setAside(failure("can't be read"))
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count == 0 { break }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw setAside(failure("can't be read"))
            }
            bytes.append(contentsOf: buffer[..<count])
            if bytes.count > StateDirectory.largestFile { break }
        }
        do throws(SavedState.Malformed) {
            return try SavedState(decoding: bytes)
        } catch {
            throw setAside(Failure(description: "\(file) can't be used, \(error)"))
        }
    }

    /// Renames a file that is of no use now, and may be later.
    private func setAside(_ failure: Failure) -> Failure {
        let aside = file + ".unreadable"
        rename(file, aside)
        return Failure(
            description: "\(failure): it is now \(aside), and the next view is taken as it is, "
                + "without events")
    }

    /// Replaces the saved state. After a crash either the old or the new one is there.
    func write(_ state: SavedState) throws(Failure) {
        try takeLock()
        let temporary = file + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("can't be written") }
        var bytes = state.encoded()[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                bytes = bytes.dropFirst(count)
            } else if errno != EINTR {
                let error = failure("can't be written")
                close(descriptor)
                unlink(temporary)
                throw error
            }
        }
        let isOnDisk = fsync(descriptor) == 0
        guard close(descriptor) == 0, isOnDisk, rename(temporary, file) == 0 else {
            let error = failure("can't be written")
            unlink(temporary)
            throw error
        }
    }

    private func takeLock() throws(Failure) {
        guard lock < 0 else { return }
        // Not for writing: what a directory holds that has become read-only is still of use, and a
        // file system with a file open for writing can't be made read-only in good order.
        let descriptor = open(path + "/lock", O_RDONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("can't be used") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw Failure(
                description: "the state directory \(path) is in use by another exporter: give each "
                    + "its own --state.directory")
        }
        lock = descriptor
    }

    private func failure(_ what: String) -> Failure {
        Failure(
            description: "the state directory \(path) \(what): \(String(cString: strerror(errno)))")
    }
}
