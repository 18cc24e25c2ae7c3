private import CSystemd
private import Glibc

/// The journal's native socket.
public struct JournalSocket: Sendable {
    public enum Outcome: Sendable, Equatable {
        case accepted
        /// Nobody holds the socket: there is no journal, or it is being replaced.
        case absent
        /// The socket refused the entry. The C library's words for it.
        case failed(String)
    }

    /// Where libsystemd sends entries to.
    public static let path = "/run/systemd/journal/socket"

    public init() {}

    /// Hands an entry to the journal. Waits while its queue is full.
    ///
    /// libsystemd reports success where the socket is missing. Only when the same socket was there
    /// before and after has it taken the entry.
    ///
    /// - Parameter fields: upper case names and their values, of any bytes.
    public func send(_ fields: [(name: String, value: String)]) -> Outcome {
        guard let before = JournalSocket.identity() else { return .absent }
        var storage: [UInt8] = []
        var ends: [Int] = []
        for (name, value) in fields {
            storage.append(contentsOf: name.utf8)
            storage.append(UInt8(ascii: "="))
            storage.append(contentsOf: value.utf8)
            ends.append(storage.count)
        }
        let result = storage.withUnsafeMutableBytes { bytes -> Int32 in
            var start = 0
            let vectors = ends.map { end in
                defer { start = end }
                return iovec(
                    iov_base: bytes.baseAddress.map { $0 + start }, iov_len: end - start)
            }
            return sd_journal_sendv(vectors, Int32(vectors.count))
        }
        if result < 0 {
            // A socket file that nobody listens on any more is as good as none.
            if result == -ECONNREFUSED { return .absent }
            return .failed(String(cString: strerror(-result)))
        }
        return JournalSocket.identity() == before ? .accepted : .absent
    }

    private struct Identity: Equatable {
        var device: UInt
        var inode: UInt
        var changed: Int
        var changedFraction: Int
    }

    private static func identity() -> Identity? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Identity(
            device: status.st_dev, inode: status.st_ino, changed: status.st_ctim.tv_sec,
            changedFraction: status.st_ctim.tv_nsec)
    }

    /// Whether standard error is connected to the journal, so that lines written there would carry
    /// neither priority nor fields.
    public static func isConnectedToStandardError() -> Bool {
        guard let text = getenv("JOURNAL_STREAM") else { return false }
        let parts = String(cString: text).split(separator: ":").compactMap { UInt($0) }
        var status = stat()
        guard parts.count == 2, fstat(STDERR_FILENO, &status) == 0 else { return false }
        return parts[0] == status.st_dev && parts[1] == status.st_ino
    }
}
