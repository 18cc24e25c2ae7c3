internal import AdminProbe
internal import DirectorControl
internal import DirectorRing
internal import Glibc
internal import Threads

/// `record`: what directors say, second by second, as JSON lines.
enum RecordCommand {
    static let command = Command(
        name: "record",
        usage: "[-a <director socket path>] [-i <interval>] [-d <duration>] [-n <name>] [-t <text>] "
            + "[<socket path>...]",
        summary: "Write down what directors say, second by second, as JSON lines.",
        details: """
            For a bug report, or to be played back by director-simulator. The first line has the name
            (-n), the members and what it is about (-t); then each second (-i) a line for each director
            with its rows as they came, until Ctrl-C or for as long as -d says. A line on standard
            input becomes an event with its time: type what you do to the ring.
            Addresses of members and backends are in it, and numbers of users; no names.
            """,
        options: [
            Command.socketOption, OptionDefinition("interval", short: "i"),
            OptionDefinition("duration", short: "d"), OptionDefinition("name", short: "n"),
            OptionDefinition("text", short: "t"),
        ],
        repeatedPositional: Targets.positional,
        isDoveadms: false,
        run: run)

    private static func run(_ invocation: Invocation) throws(Stop) {
        let interval = try span("interval", invocation) ?? .seconds(1)
        let duration = try span("duration", invocation)
        let endpoints = Targets.endpoints(invocation)
        var deadlines = invocation.options.deadlines
        // A second is a second: a director that hangs is written down as such.
        if deadlines.areDefault { deadlines = Deadlines(all: .seconds(3)) }
        let tape = Tape(output: invocation.output)
        let signals = StopSignals()
        let recorders = endpoints.enumerated().map { index, endpoint in
            DirectorRecorder(number: index + 1, endpoint: endpoint, deadlines: deadlines)
        }
        tape.writeHead(
            name: invocation.arguments.text("name") ?? "recording",
            members: recorders.map { $0.memberName() },
            about: invocation.arguments.text("text") ?? "")
        let clock = RecordingClock()
        for recorder in recorders {
            let thread = WorkerThread("director \(recorder.number)") {
                recorder.run(every: interval, clock: clock, tape: tape)
            }
            guard thread != nil else { throw .fatal("no thread for \(recorder.endpoint.name)") }
        }
        // Ends with the process: a read of the terminal can't be interrupted.
        _ = WorkerThread("events") {
            UsersFile.forEachName(path: nil) { line in
                tape.writeEvent(
                    at: clock.elapsed,
                    line.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) })
            }
        }
        if isatty(STDERR_FILENO) == 1 {
            Messages.writeRaw(
                "recording \(endpoints.count == 1 ? "1 director" : "\(endpoints.count) directors")"
                    + "; what you type becomes an event, Ctrl-C ends it\n")
        }
        signals.wait(duration, or: tape)
        tape.close()
    }

    private static func span(_ name: String, _ invocation: Invocation) throws(Stop) -> Duration? {
        guard let text = invocation.arguments.text(name) else { return nil }
        guard let span = TimeSpan.parse(text) else {
            throw .fatal(
                "--\(name): '\(text)' is no time: give seconds, or like 500ms, 30s, 2m",
                status: ExitStatus.usage)
        }
        return span
    }
}

/// When a recording began.
struct RecordingClock: Sendable {
    private let start = MonotonicTime.now()

    /// Seconds since then.
    var elapsed: Double { (MonotonicTime.now() - start).inSeconds }

    /// Waits for the next multiple of an interval.
    func waitForNext(_ interval: Duration) {
        let step = interval.inNanoseconds
        let passed = (MonotonicTime.now() - start).inNanoseconds
        let next = start.nanoseconds + (passed / step + 1) * step
        var time = timespec(
            tv_sec: Int(next / 1_000_000_000), tv_nsec: Int(next % 1_000_000_000))
        while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil) == EINTR {}
    }
}
