import Foundation

/// A stream socket with a deadline on each read.
final class LocalStream {
    struct Failure: Error {}

    let descriptor: Int32

    /// Connects to a Unix socket.
    init(path: String) throws {
        descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        try connect(&address, MemoryLayout<sockaddr_un>.size, patience: 5)
    }

    /// Connects to a port of this machine.
    ///
    /// - Parameter patience: seconds that a read may take.
    init(port: Int, patience: Int = 5) throws {
        descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        try connect(&address, MemoryLayout<sockaddr_in>.size, patience: patience)
    }

    private func connect<Address>(
        _ address: inout Address, _ size: Int, patience: Int
    ) throws {
        var limit = timeval(tv_sec: patience, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(size))
            }
        }
        guard result == 0 else { throw Failure() }
    }

    deinit { close(descriptor) }

    func say(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }

    /// Says something and reads until it is enough, or until the end of the stream.
    func ask(_ text: String, until isEnough: (String) -> Bool = { _ in false }) throws -> String {
        say(text)
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count >= 0 else { throw Failure() }
            answer += buffer[..<count]
            let soFar = String(decoding: answer, as: UTF8.self)
            if count == 0 || isEnough(soFar) { return soFar }
        }
    }

    /// The body of a page that an exporter serves; empty where nobody answers.
    static func page(port: Int, _ path: String = "/metrics") -> String {
        guard port > 0, let stream = try? LocalStream(port: port),
            let answer = try? stream.ask(
                "GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
            let end = answer.range(of: "\r\n\r\n")
        else { return "" }
        return String(answer[end.upperBound...])
    }
}
