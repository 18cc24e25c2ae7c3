internal import AdminProbe
internal import Glibc

/// The list of users that Dovecot's user database gives, over its `auth-userdb` socket.
public enum UserDatabase {
    /// How long each further name is waited for.
    private static let timeout = Duration.seconds(120)

    /// Why there is no list, or not all of it, in Dovecot's words.
    public struct Failure: Error, Sendable, Equatable {
        public let reason: String
    }

    /// Hands each name to `body`.
    ///
    /// - Parameter path: the socket's.
    /// - Throws: after the names that came before it.
    public static func forEachName(path: String, _ body: (Span<UInt8>) -> Void) throws(Failure) {
        let stream: LineStream
        do throws(DialogueFault) {
            stream = LineStream(descriptor: try Endpoint(path).connect(), target: path)
            try stream.write(Array("VERSION\t1\t0\nLIST\t1\n".utf8), timeout: timeout)
        } catch {
            throw failure(error)
        }
        while true {
            let event: Event?
            do throws(DialogueFault) {
                event = try stream.nextLine(timeout: timeout) { Event($0, body) }
            } catch {
                throw failure(error)
            }
            switch event {
            case .name?, .greeting?: continue
            case .done?: return
            case .failed?:
                throw Failure(reason: "auth-master: userdb list: User listing returned failure")
            case .clientSocket?:
                throw Failure(
                    reason: "auth-master: userdb list: \(path) is an auth client socket. "
                        + "It should be a master socket.")
            case .unexpected(let line)?:
                throw Failure(reason: "auth-master: userdb list: BUG: Unexpected input: \(line)")
            case nil: throw Failure(reason: "auth-master: userdb list: Disconnected unexpectedly")
            }
        }
    }

    private static func failure(_ fault: DialogueFault) -> Failure {
        switch fault {
        case .unreachable(let path, let code):
            Failure(
                reason: "auth-master: userdb list: connect(\(path)) failed: "
                    + String(cString: strerror(code)))
        case .timedOut: Failure(reason: "auth-master: userdb list: Request timed out")
        default: Failure(reason: "auth-master: userdb list: Disconnected unexpectedly")
        }
    }

    /// What a line from the user database says.
    private enum Event {
        case greeting
        case name
        case done
        case failed
        case clientSocket
        case unexpected(String)

        init(_ line: Span<UInt8>, _ body: (Span<UInt8>) -> Void) {
            let fields = LineFields(line)
            let command = line.extracting(fields.range(0))
            if command.equals("VERSION") || command.equals("SPID") || command.equals("MECH") {
                self = .greeting
            } else if command.equals("LIST"), fields.count >= 3 {
                body(TabEscaping.unescapedBytes(line.extracting(fields.range(2))).span)
                self = .name
            } else if command.equals("DONE") {
                self =
                    fields.count > 2 && line.extracting(fields.range(2)).equals("fail")
                    ? .failed : .done
            } else if command.equals("CUID") {
                self = .clientSocket
            } else {
                self = .unexpected(line.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) })
            }
        }
    }
}
