internal import AdminProbe
internal import DirectorControl
internal import DirectorRing
internal import Glibc
internal import Threads

/// `watch`: a live view of ring and backends that fills the terminal.
enum WatchCommand {
    static let command = Command(
        name: "watch",
        usage: "[-a <director socket path>] [-i <interval>] [--no-color] [<socket path>...]",
        summary: "Watch ring and backends live, on the whole terminal.",
        details: """
            Shows each member's links with the time since its last word, and the backends with their
            users. Several directors are compared, and one of them is shown; tab goes to the next.
            Asks every second (-i). Without colour where NO_COLOR is set or the terminal has none.
            Keys: q quits, ? tells of the others.
            """,
        options: [
            Command.socketOption, OptionDefinition("interval", short: "i"),
            OptionDefinition("no-color", takesValue: false),
        ],
        repeatedPositional: Targets.positional,
        isDoveadms: false,
        run: run)

    /// What happens while the view is there.
    private enum Event: Sendable {
        case keys([Key])
        case resized
        case stop
        case answer(Int, WatchView.Answer)
    }

    private static func run(_ invocation: Invocation) throws(Stop) {
        let interval: Duration
        if let text = invocation.arguments.text("interval") {
            guard let span = TimeSpan.parse(text) else {
                throw .fatal(
                    "--interval: '\(text)' is no time: give seconds, or like 500ms, 2s",
                    status: ExitStatus.usage)
            }
            interval = span
        } else {
            interval = .seconds(1)
        }
        let endpoints = Targets.endpoints(invocation)
        let terminal: Terminal
        do throws(Terminal.Unusable) {
            terminal = try Terminal()
        } catch {
            throw .fatal(error.text, status: 1)
        }
        defer { terminal.restore() }
        let mailbox = Mailbox<Event>()
        startListening(mailbox)
        for (index, endpoint) in endpoints.enumerated() {
            let asker = DirectorWatcher(endpoint: endpoint, deadlines: invocation.options.deadlines)
            _ = WorkerThread("director \(index + 1)") {
                asker.run(every: interval) { mailbox.leave(.answer(index, $0)) }
            }
        }
        var view = WatchView(
            sources: endpoints.map(\.name), usesColor: wantsColor(invocation), interval: interval)
        while true {
            let now = Double(time(nil))
            terminal.show(
                view.draw(
                    terminal.size, now: now, clock: LocalTime.format(Int64(now), "%H:%M:%S") ?? ""))
            // Ages go on while nobody answers.
            for event in mailbox.take(timeout: .seconds(1)) {
                switch event {
                case .stop: return
                case .resized: continue
                case .answer(let index, let answer): view.take(answer, of: index)
                case .keys(let keys):
                    if keys.contains(.quit) { return }
                    for key in keys { view.press(key) }
                }
            }
        }
    }

    private static func wantsColor(_ invocation: Invocation) -> Bool {
        let terminal = getenv("TERM").map { String(cString: $0) } ?? "dumb"
        let isRefused = getenv("NO_COLOR").map { String(cString: $0) != "" } ?? false
        return !invocation.arguments.has("no-color") && !isRefused && terminal != "dumb"
    }

    /// Signals and keys become events, each by a thread of its own.
    private static func startListening(_ mailbox: Mailbox<Event>) {
        var blocked = sigset_t()
        sigemptyset(&blocked)
        for number in [SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP] { sigaddset(&blocked, number) }
        pthread_sigmask(SIG_BLOCK, &blocked, nil)
        let set = blocked
        _ = WorkerThread("signals") {
            while true {
                var set = set
                var number: Int32 = 0
                guard sigwait(&set, &number) == 0 else { continue }
                switch number {
                case SIGWINCH: mailbox.leave(.resized)
                // A stopped full-screen program would leave the terminal as it is.
                case SIGTSTP: continue
                default: mailbox.leave(.stop)
                }
            }
        }
        _ = WorkerThread("keys") {
            var buffer = [UInt8](repeating: 0, count: 256)
            while true {
                let count = read(STDIN_FILENO, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    mailbox.leave(.stop)
                    return
                }
                mailbox.leave(.keys(Key.read(Array(buffer[..<count]))))
            }
        }
    }
}
