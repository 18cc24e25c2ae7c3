internal import AdminProbe
internal import DirectorControl
internal import DirectorRing
internal import Glibc
internal import Threads

/// Asks one director at intervals, over one connection as long as it lasts. On one thread.
final class DirectorWatcher: @unchecked Sendable {
    private let endpoint: Endpoint
    private let deadlines: Deadlines
    private var dialogue: AdminDialogue?

    init(endpoint: Endpoint, deadlines: Deadlines) {
        self.endpoint = endpoint
        // A view that stands still for half a minute shows nothing of what happens.
        self.deadlines = deadlines.areDefault ? Deadlines(all: .seconds(3)) : deadlines
    }

    /// Asks for ever.
    func run(every interval: Duration, _ body: (WatchView.Answer) -> Void) {
        while true {
            let start = MonotonicTime.now()
            body(ask())
            let left = (interval - (MonotonicTime.now() - start)).inNanoseconds
            if left > 0 { Pause.milliseconds(UInt32(left / 1_000_000)) }
        }
    }

    private func ask() -> WatchView.Answer {
        do throws(DialogueFault) {
            let hadConnection = dialogue != nil
            var lists = try dialogue?.bothLists()
            if lists == nil {
                // A connection that ended since is opened anew: a reload does that.
                dialogue = try AdminDialogue(connectingTo: endpoint, deadlines: deadlines)
                lists = try dialogue?.bothLists()
            }
            guard let lists else {
                dialogue = nil
                return .failure("\(endpoint.name) \(hadConnection ? "" : "unexpectedly ")disconnected")
            }
            do throws(AdminFault) {
                return .snapshot(RingSnapshot(try lists.reply()), epoch: Double(time(nil)))
            } catch {
                dialogue = nil
                return .failure("\(endpoint.name): \(error.message)")
            }
        } catch {
            dialogue = nil
            return .failure(error.message)
        }
    }
}
