import AdminProbe
import Foundation
import Testing

/// A director that does as it is told, on a real socket.
final class ScriptedDirector: @unchecked Sendable {
    enum Step: Sendable {
        case say(String)
        /// Waits for both list commands.
        case hear
        /// Says nothing for as long as the client stays.
        case mute
        case reset
    }

    let path: String
    private let listener: Int32
    private let lock = NSLock()
    private var acceptedCount = 0
    private var heardText = ""

    /// Each connection runs its script, then is closed. The last script serves all later ones.
    init(_ scripts: [[Step]]) {
        path = "/tmp/dde-test-\(UUID().uuidString.prefix(13))"
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, size) }
        }
        precondition(bound == 0 && listen(listener, 16) == 0)
        let thread = Thread { [self] in
            var next = 0
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else {
                    // Closed here and not by stop(): the number may be another socket's at once.
                    close(listener)
                    return
                }
                lock.withLock { acceptedCount += 1 }
                run(scripts[min(next, scripts.count - 1)], connection)
                close(connection)
                next += 1
            }
        }
        thread.start()
    }

    deinit { unlink(path) }

    var accepted: Int { lock.withLock { acceptedCount } }
    var heard: String { lock.withLock { heardText } }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        unlink(path)
    }

    private func run(_ script: [Step], _ connection: Int32) {
        for step in script {
            switch step {
            case .say(let text):
                sendAll(text, to: connection)
            case .hear:
                var text = ""
                while !text.hasSuffix("DIRECTOR-LIST\n") {
                    guard let more = receive(connection) else { return }
                    text += more
                }
                lock.withLock { heardText += text }
            case .mute:
                while receive(connection) != nil {}
            case .reset:
                // Closing with unread input resets the connection.
                var wait = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
                poll(&wait, 1, 5000)
            }
        }
    }

    private func receive(_ connection: Int32) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(connection, &buffer, buffer.count, 0)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }
}

@Suite struct ConnectionTests {
    private static let good: [ScriptedDirector.Step] = [
        .say(Fixture.greeting), .hear, .say(Fixture.standalone),
    ]

    private func fault(
        _ path: String, timeout: Duration = .seconds(2)
    ) -> AdminFault? {
        do {
            _ = try AdminConnection(path: path).poll(timeout: timeout)
            return nil
        } catch {
            return error
        }
    }

    @Test func oneConnectionServesManyPolls() throws {
        let director = ScriptedDirector([
            [.say(Fixture.greeting)]
                + Array(repeating: [.hear, .say(Fixture.standalone)], count: 5).flatMap { $0 }
                + [.mute]
        ])
        defer { director.stop() }
        let connection = AdminConnection(path: director.path)
        for round in 0..<5 {
            let poll = try connection.poll(timeout: .seconds(5))
            #expect(try poll.reply == Fixture.reply(Fixture.standalone))
            #expect(poll.hasConnectionEnded == (round == 0))
        }
        #expect(director.accepted == 1)
        // Nothing but the handshake and the two list commands ever leaves.
        #expect(
            director.heard == Fixture.greeting
                + String(repeating: "HOST-LIST\nDIRECTOR-LIST\n", count: 5))
    }

    @Test func endedConnectionIsOpenedAnewWithinThePoll() throws {
        let director = ScriptedDirector([Self.good])
        defer { director.stop() }
        let connection = AdminConnection(path: director.path)
        #expect(try connection.poll(timeout: .seconds(5)).hasConnectionEnded)
        // The script has ended, so the connection is closed: at once, or in the middle.
        #expect(try connection.poll(timeout: .seconds(5)).hasConnectionEnded)
        #expect(director.accepted == 2)
    }

    @Test func onlyOneRepeat() {
        let director = ScriptedDirector([[.say(Fixture.greeting), .hear, .say("192.0.2.1")]])
        defer { director.stop() }
        let fault = fault(director.path)
        #expect(fault?.reason == .disconnected)
        #expect(fault?.afterGreeting == true)
        #expect(director.accepted == 2)
    }

    /// It is a director, though it greeted at the first try of the poll alone.
    @Test func greetingAtEitherTryCounts() {
        let director = ScriptedDirector([[.say(Fixture.greeting)], []])
        defer { director.stop() }
        let fault = fault(director.path)
        #expect(fault?.reason == .disconnected)
        #expect(fault?.afterGreeting == true)
        #expect(director.accepted == 2)
    }

    @Test func nothingThere() {
        #expect(fault("/nonexistent/director-admin")?.reason == .notFound)
    }

    @Test func directoryAndPlainFile() throws {
        let directory = "/tmp/dde-test-\(UUID().uuidString.prefix(13))"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        #expect(fault(directory)?.reason == .refused)
        try Data().write(to: URL(fileURLWithPath: directory + "/file"))
        #expect(FileManager.default.fileExists(atPath: directory + "/file"))
        #expect(fault(directory + "/file")?.reason == .refused)
        #expect(fault(directory + "/file/director-admin")?.reason == .notFound)
    }

    @Test func nobodyListens() {
        let director = ScriptedDirector([Self.good])
        let path = director.path
        rename(path, path + ".kept")
        director.stop()
        rename(path + ".kept", path)
        defer { unlink(path) }
        #expect(fault(path)?.reason == .refused)
    }

    @Test(arguments: [
        [ScriptedDirector.Step.mute],
        [.say(Fixture.greeting), .mute],
        [.say(Fixture.greeting), .hear, .say("192.0.2.1\t1\t1\n\n"), .mute],
    ])
    func silenceAtEachState(_ script: [ScriptedDirector.Step]) {
        let director = ScriptedDirector([script])
        defer { director.stop() }
        #expect(fault(director.path, timeout: .milliseconds(150))?.reason == .timeout)
        #expect(director.accepted == 1)
    }

    @Test(arguments: [
        [], [ScriptedDirector.Step.say("VERSION\tdirec")], [.say(Fixture.greeting)],
        [.say(Fixture.greeting), .reset],
        [.say(Fixture.greeting), .hear, .say("192.0.2.1\t1\t1\n\n192.0")],
    ])
    func endAtEachState(_ script: [ScriptedDirector.Step]) {
        let director = ScriptedDirector([script])
        defer { director.stop() }
        #expect(fault(director.path)?.reason == .disconnected)
    }

    @Test func wrongProtocol() {
        let director = ScriptedDirector([[.say("* OK IMAP4rev1\n"), .mute]])
        defer { director.stop() }
        let fault = fault(director.path)
        #expect(fault?.reason == .handshake)
        #expect(fault?.afterGreeting == false)
        #expect(director.heard.isEmpty)
    }

    @Test func unaskedWordsBetweenPolls() throws {
        let director = ScriptedDirector([
            [.say(Fixture.greeting), .hear, .say(Fixture.standalone), .say("OK\n"), .mute]
        ])
        defer { director.stop() }
        let connection = AdminConnection(path: director.path)
        var reason: AdminFault.Reason?
        do throws(AdminFault) {
            // The surplus comes with the answer or behind it.
            _ = try connection.poll(timeout: .seconds(2))
            var wait = pollfd(fd: -1, events: 0, revents: 0)
            poll(&wait, 1, 50)
            _ = try connection.poll(timeout: .seconds(2))
        } catch {
            reason = error.reason
        }
        #expect(reason == .protocol)
    }

    @Test func endlessLine() {
        let director = ScriptedDirector([
            [.say(Fixture.greeting), .hear, .say(String(repeating: "x", count: 100_000)), .mute]
        ])
        defer { director.stop() }
        #expect(fault(director.path)?.reason == .protocol)
    }

    @Test func cancellationEndsAPoll() throws {
        let director = ScriptedDirector([[.mute]])
        defer { director.stop() }
        let cancellation = try #require(Cancellation())
        cancellation.cancel()
        let connection = AdminConnection(path: director.path, cancel: cancellation)
        let start = ContinuousClock.now
        #expect(throws: AdminFault.self) { try connection.poll(timeout: .seconds(60)) }
        #expect(ContinuousClock.now - start < .seconds(30))
    }
}
