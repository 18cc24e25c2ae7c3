internal import DirectorControl

/// Sends the changes of one command, one after the other; or says what they would be.
final class Changer {
    /// How a change ended.
    enum Outcome {
        case performed(Reply)
        /// The connection ended before the reply, or before the change was sent.
        case disconnected
    }

    private let invocation: Invocation
    private let dialogue: AdminDialogue
    private var isDisconnected = false
    /// The connection broke: told once more when the command is over.
    private var interruption: Stop?

    /// Connects.
    init(_ invocation: Invocation) throws(Stop) {
        self.invocation = invocation
        dialogue = try invocation.connect()
    }

    /// Makes a change.
    ///
    /// - Returns: nil where it is only shown (`--dry-run`).
    func perform(_ change: Change) throws(Stop) -> Outcome? {
        if invocation.options.isDryRun {
            try Rehearsal.show(change, dialogue, invocation)
            return nil
        }
        // What a server that is gone would have been told.
        if isDisconnected { return .disconnected }
        do throws(DialogueFault) {
            let progress = FlushProgress(change, invocation)
            defer { progress?.finish() }
            guard let reply = try dialogue.perform(change, eachSecond: progress?.show) else {
                isDisconnected = true
                return .disconnected
            }
            return .performed(reply)
        } catch .readFailed(let target, let size, let code) {
            isDisconnected = true
            interruption = .fatal(
                DialogueFault.readFailed(target: target, size: size, code: code).message)
            return .disconnected
        } catch {
            throw error.stop
        }
    }

    /// What has to be said of a disconnection.
    func reportDisconnection() {
        if case .fatal(let message, _)? = interruption {
            invocation.fail(message)
        } else {
            invocation.reportDisconnection()
        }
    }

    /// Says what a reply that the ring didn't come to terms leaves open: it may have been done.
    func explainTimeOut(of change: Change) {
        let state: String
        do throws(Stop) {
            state = try Rehearsal.state(of: change, try invocation.connect(), invocation)
        } catch {
            state = "what it says now could not be read"
        }
        invocation.messages.write(
            .info,
            "the ring was not in sync for 30 seconds, which leaves open whether the change was made. "
                + "Read afterwards: \(state)")
    }

    /// - Throws: where the connection broke.
    func finish() throws(Stop) {
        if let interruption { throw interruption }
    }
}
