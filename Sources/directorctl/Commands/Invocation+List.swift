internal import DirectorControl

extension Invocation {
    /// Asks for a list and hands each row to `body`. A connection that ends in the middle is told;
    /// the rows that came before it are printed.
    func list(
        _ question: Question, _ dialogue: AdminDialogue,
        _ body: (Span<UInt8>) throws(Stop) -> Void
    ) throws(Stop) {
        if try !rowsOf(question, dialogue, body) { reportDisconnection() }
    }

    /// The same; false where the connection ended in the middle, untold.
    func rowsOf(
        _ question: Question, _ dialogue: AdminDialogue,
        _ body: (Span<UInt8>) throws(Stop) -> Void
    ) throws(Stop) -> Bool {
        var stop: Stop?
        let isWhole: Bool
        do throws(DialogueFault) {
            isWhole = try dialogue.list(question) { line in
                guard stop == nil else { return }
                do throws(Stop) { try body(line) } catch { stop = error }
            }
        } catch {
            throw interruption(error)
        }
        if let stop { throw stop }
        return isWhole
    }
}
