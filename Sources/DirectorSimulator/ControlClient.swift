internal import Console
internal import Glibc

/// Gives a running simulator an order.
enum ControlClient {
    /// - Returns: what the program ends with.
    static func run(directory: String, order: String) -> Int32 {
        let path = "\(directory)/control"
        guard let file = UnixSocket.connect(to: path) else {
            let reason = String(cString: strerror(errno))
            StandardStream.error.write(
                "director-simulator: no simulator runs in \(directory) (\(path): \(reason)); "
                    + "start one with: director-simulator \(directory)\n")
            return 1
        }
        defer { close(file) }
        let line = Array((order.filter { $0 != "\n" && $0 != "\r" } + "\n").utf8)
        guard send(file, line, line.count, Int32(MSG_NOSIGNAL)) == line.count else {
            StandardStream.error.write("director-simulator: the simulator in \(directory) takes no orders\n")
            return 1
        }
        var reply: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(file, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            reply += buffer[..<count]
        }
        let text = String(decoding: reply, as: UTF8.self)
        if text.hasPrefix("ok\n") {
            StandardStream.output.write(String(text.dropFirst(3)))
            return 0
        }
        StandardStream.error.write(
            text.isEmpty
                ? "director-simulator: the simulator in \(directory) ended before it answered\n"
                : "director-simulator: " + text.replacingPrefix("error: ", with: ""))
        return 1
    }
}

extension String {
    fileprivate func replacingPrefix(_ prefix: String, with other: String) -> String {
        hasPrefix(prefix) ? other + dropFirst(prefix.count) : self
    }
}
