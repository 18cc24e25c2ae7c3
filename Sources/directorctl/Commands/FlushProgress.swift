internal import AdminProbe
internal import DirectorControl
internal import Glibc

/// A line on the terminal that shows how far a flush is: the users that are left where they were.
final class FlushProgress {
    private let invocation: Invocation
    private let address: String?
    private let start = MonotonicTime.now()
    /// A connection of its own: the one of the flush waits for the reply.
    private var dialogue: AdminDialogue?
    private var isShown = false

    /// Nil where the change is no flush, or where nobody looks.
    init?(_ change: Change, _ invocation: Invocation) {
        switch change {
        case .resetUsers(let address, _), .flushHost(let address): self.address = address
        default: return nil
        }
        guard isatty(STDERR_FILENO) == 1 else { return nil }
        self.invocation = invocation
    }

    /// Writes the line anew.
    func show() {
        let seconds = Int((MonotonicTime.now() - start).inSeconds)
        let what = address ?? "all backends"
        let users = usersLeft().map { ", \($0) users on \(address.map { _ in "it" } ?? "them")" } ?? ""
        Messages.writeRaw("\rflushing \(what): \(seconds) s\(users)\u{1b}[K")
        isShown = true
    }

    /// Takes the line away.
    func finish() {
        if isShown { Messages.writeRaw("\r\u{1b}[K") }
    }

    private func usersLeft() -> UInt64? {
        do throws(DialogueFault) {
            let dialogue: AdminDialogue
            if let open = self.dialogue {
                dialogue = open
            } else {
                dialogue = try AdminDialogue(
                    connectingTo: invocation.endpoint, deadlines: Deadlines(all: .seconds(2)))
                self.dialogue = dialogue
            }
            var users: UInt64 = 0
            let isWhole = try dialogue.list(.hostList) { line in
                let fields = ListFields(line)
                guard fields.count >= 3, let count = fields[2].span.unsigned() else { return }
                if address.map({ fields[0].elementsEqual($0.utf8) }) ?? true {
                    users = users.addingReportingOverflow(count).partialValue
                }
            }
            return isWhole ? users : nil
        } catch {
            dialogue = nil
            return nil
        }
    }
}
