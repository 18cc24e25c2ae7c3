internal import Glibc
internal import SimulatedDirector

/// The control socket: one order for each connection, and its answer.
final class ControlServer {
    /// What becomes of an order.
    enum Reply {
        /// The answer; one that begins with `error: ` says so to the client.
        case text(String)
        /// The answer comes once the ring of these members is whole, or then.
        case wait(until: Moment, members: [Int]?)
    }

    private struct Connection {
        let file: Int32
        var input: [UInt8] = []
        var output: [UInt8] = []
        var isAnswered = false
        /// What it waits for.
        var wait: (until: Moment, members: [Int]?)?
    }

    private static let mostInput = 64 * 1024
    /// Orders that are given or wait at a time.
    private static let mostConnections = 64

    private let listener: Int32
    private let readiness: Readiness
    private var connections: [Int: Connection] = [:]
    private var next = 0

    init(at path: String, _ readiness: Readiness) throws(UnixSocket.Failure) {
        self.readiness = readiness
        listener = try UnixSocket.listen(at: path)
        readiness.watch(listener, .reading, token: EventSource.control.token(0))
    }

    /// Whether somebody waits for a whole ring.
    var isAwaited: Bool { connections.values.contains { $0.wait != nil } }

    func close() {
        for connection in connections.values { Glibc.close(connection.file) }
        connections = [:]
        Glibc.close(listener)
    }

    func accept() {
        let file = UnixSocket.accept(listener)
        guard file >= 0 else { return }
        guard connections.count < ControlServer.mostConnections else {
            Glibc.close(file)
            return
        }
        connections[next] = Connection(file: file)
        readiness.watch(file, .reading, token: EventSource.controlConnection.token(next))
        next += 1
    }

    /// Reads and writes what can be read and written.
    ///
    /// - Parameter obey: carries out an order.
    func serve(_ id: Int, _ obey: (String) -> Reply) {
        guard let connection = connections[id] else { return }
        if connection.isAnswered {
            write(id)
            return
        }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(connection.file, &bytes, bytes.count, 0)
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0, connection.input.count + count <= ControlServer.mostInput else {
            end(id)
            return
        }
        connections[id]?.input += bytes[..<count]
        guard connection.wait == nil, let input = connections[id]?.input,
            let end = input.firstIndex(of: 0x0a)
        else { return }
        switch obey(String(decoding: input[..<end], as: UTF8.self)) {
        case .text(let text): answer(id, text)
        case .wait(let until, let members): connections[id]?.wait = (until, members)
        }
    }

    /// - Parameter complaint: what the ring of some members, or of all, lacks to be whole.
    func answerThoseWhoWait(at now: Moment, _ complaint: ([Int]?) -> String?) {
        for (id, connection) in connections {
            guard let wait = connection.wait else { continue }
            if let complaint = complaint(wait.members) {
                if wait.until <= now { answer(id, "error: no whole ring: \(complaint)\n") }
            } else {
                answer(id, "")
            }
        }
    }

    private func answer(_ id: Int, _ text: String) {
        connections[id]?.wait = nil
        connections[id]?.isAnswered = true
        connections[id]?.output = Array((text.hasPrefix("error: ") ? text : "ok\n" + text).utf8)
        write(id)
    }

    private func write(_ id: Int) {
        guard let connection = connections[id] else { return }
        let count = connection.output.withUnsafeBytes {
            send(connection.file, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if count < 0, errno == EAGAIN || errno == EINTR {
            readiness.watch(
                connection.file, .writing, token: EventSource.controlConnection.token(id))
            return
        }
        connections[id]?.output.removeFirst(max(0, count))
        if count < 0 || connections[id]?.output.isEmpty == true {
            end(id)
        } else {
            readiness.watch(
                connection.file, .writing, token: EventSource.controlConnection.token(id))
        }
    }

    private func end(_ id: Int) {
        guard let connection = connections.removeValue(forKey: id) else { return }
        Glibc.close(connection.file)
    }
}
