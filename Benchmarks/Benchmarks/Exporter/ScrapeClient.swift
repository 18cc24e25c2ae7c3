internal import Glibc

/// An HTTP client that keeps its connection and asks for nothing but the page of metrics.
final class ScrapeClient {
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    private static let request = Array("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)

    private let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 1 << 20)

    init(port: UInt16) throws(Fault) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let opened = descriptor
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(opened, $0, size) }
        }
        guard result == 0 else {
            throw Fault(description: "connect: \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        close(descriptor)
    }

    /// Asks for the page, and reads all of it. Returns how many bytes it has.
    func scrape() throws(Fault) -> Int {
        let request = ScrapeClient.request
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw Fault(description: "send: \(String(cString: strerror(errno)))")
        }
        var received = 0
        var wanted: Int?
        while wanted.map({ received < $0 }) ?? true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { throw Fault(description: "the server closed the connection") }
            received += count
            // The head is short, so that it comes in the first piece.
            if wanted == nil { wanted = try wholeLength(in: buffer[..<count]) }
        }
        return received
    }

    private func wholeLength(in bytes: ArraySlice<UInt8>) throws(Fault) -> Int {
        guard bytes.starts(with: "HTTP/1.1 200 ".utf8),
            let field = bytes.firstRange(of: Array("Content-Length: ".utf8)),
            let end = bytes.firstRange(of: Array("\r\n\r\n".utf8))
        else { throw Fault(description: "no page of metrics") }
        let digits = bytes[field.upperBound...].prefix { $0 != UInt8(ascii: "\r") }
        guard let body = Int(String(decoding: digits, as: UTF8.self)) else {
            throw Fault(description: "no length of the page")
        }
        return end.upperBound - bytes.startIndex + body
    }
}
