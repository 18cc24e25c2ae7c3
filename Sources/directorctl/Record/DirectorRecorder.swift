internal import AdminProbe
internal import DirectorControl
internal import DirectorRing
internal import Glibc

/// Asks one director again and again. On one thread at a time.
final class DirectorRecorder: @unchecked Sendable {
    /// Its number in the recording, from 1.
    let number: Int
    let endpoint: Endpoint
    private let deadlines: Deadlines
    /// Kept from question to question; the recorder's thread alone uses it.
    private var dialogue: AdminDialogue?

    init(number: Int, endpoint: Endpoint, deadlines: Deadlines) {
        self.number = number
        self.endpoint = endpoint
        self.deadlines = deadlines
    }

    /// The member that the director is, or else where it was asked.
    func memberName() -> String {
        do throws(DialogueFault) {
            guard let lists = try ask() else { return endpoint.name }
            let reply = try? lists.reply()
            return reply.flatMap { RingSnapshot($0).ownMember?.description } ?? endpoint.name
        } catch {
            return endpoint.name
        }
    }

    /// Writes what the director says at each interval; until the tape ends.
    func run(every interval: Duration, clock: RecordingClock, tape: Tape) {
        while !tape.isClosed {
            let elapsed = clock.elapsed
            let epoch = Int64(time(nil))
            do throws(DialogueFault) {
                if let lists = try ask() {
                    tape.write(at: elapsed, epoch: epoch, director: number, lists)
                } else {
                    dialogue = nil
                    tape.write(
                        at: elapsed, epoch: epoch, director: number, error: "ConnectionResetError")
                }
            } catch {
                dialogue = nil
                tape.write(at: elapsed, epoch: epoch, director: number, error: error.recordedName)
            }
            clock.waitForNext(interval)
        }
    }

    private func ask() throws(DialogueFault) -> RawLists? {
        if let dialogue {
            // A connection that the director ended since, as a reload does, is no fault.
            do throws(DialogueFault) {
                if let lists = try dialogue.bothLists() { return lists }
            } catch .timedOut(let target, let seconds) {
                throw .timedOut(target: target, seconds: seconds)
            } catch {}
        }
        let opened = try AdminDialogue(connectingTo: endpoint, deadlines: deadlines)
        dialogue = opened
        return try opened.bothLists()
    }
}

extension DialogueFault {
    /// What recordings call it.
    var recordedName: String {
        switch self {
        case .unreachable(_, let code), .refused(_, _, let code), .readFailed(_, _, let code),
            .writeFailed(_, let code):
            switch code {
            case ENOENT, ENOTDIR: "FileNotFoundError"
            case EACCES, EPERM: "PermissionError"
            case ECONNREFUSED: "ConnectionRefusedError"
            case EAGAIN, ETIMEDOUT: "TimeoutError"
            default: "ConnectionResetError"
            }
        case .mute, .timedOut: "TimeoutError"
        case .closedEarly: "ConnectionResetError"
        case .incompatible, .lineTooLong: "ProtocolError"
        case .unknownHost, .portMissing: "LookupError"
        }
    }
}
