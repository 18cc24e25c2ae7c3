internal import AdminProbe
internal import BuildInformation
internal import Console
internal import DirectorRing
internal import Exposition
internal import Glibc
internal import Logging
internal import Systemd
internal import Threads

/// The sidecar as a service: starts its parts, waits for signals, stops them in order.
struct Service {
    private static let stopLimit = Duration.seconds(2)

    let options: Options
    let startTime: Double
    let engine: (any TLSEngine)?

    /// Runs until it is told to stop. Returns the exit code.
    func run() -> Int32 {
        let signals = SignalWaiter()
        let writer = LogWriter(format: options.logFormat)
        writer.start()
        var log = Logger(label: BuildInfo.program) { _ in
            WriterLogHandler(writer: writer, level: .info)
        }
        log.logLevel = options.logLevel
        defer { writer.stop(within: Service.stopLimit) }

        guard let cancellation = Cancellation() else {
            log.error("no descriptors left to start with: raise LimitNOFILE")
            return 1
        }
        let board = Board { signals.wake() }
        let events = EventLog(
            socket: options.socket, directory: options.stateDirectory, log: log)
        let startTime = startTime
        // There is a page before the first poll, and before the saved state has been read.
        board.publish(MetricsPage(PollRecord(expected: options.expected, startTime: startTime)))
        let reloading = ReloadDesk(
            file: options.webConfigurationFile, startTime: startTime, engine: engine,
            log: log
        ) { signals.wake() }
        let server: WebServer
        do {
            let policy = try reloading.first()
            server = try WebServer(options: options, board: board, reloading: reloading, log: log) {
                ScrapeTail(
                    startTime: startTime, eventsPending: events.pending,
                    stateWriteFailures: events.stateWriteFailures, reload: reloading.result)
            }
            server.apply(policy)
            try listen(server, log)
        } catch {
            log.error("\(error)")
            return 1
        }
        let view = events.start()
        log.info(
            "watching the director",
            metadata: ["socket": "\(options.socket)", "version": "\(BuildInfo.version)"])

        let polling = PollingThread(
            options: options, cancellation: cancellation, board: board, events: events, view: view,
            log: log, startTime: startTime)
        guard polling.start() else {
            log.error("no thread to poll on: raise TasksMax")
            return 1
        }
        ServiceWatch(board: board, reloading: reloading, server: server).run(until: signals)

        log.info("stopping")
        ServiceManager().notify(["STOPPING=1", "STATUS=stopping"])
        cancellation.cancel()
        server.stop(within: Service.stopLimit)
        events.stop(view: polling.join(), within: Service.stopLimit)
        return 0
    }

    private func listen(_ server: WebServer, _ log: Logger) throws {
        func note(_ bound: String) { log.info("serving HTTP", metadata: ["address": "\(bound)"]) }
        guard options.usesActivatedSockets else {
            if SocketActivation.isActivated {
                log.warning(
                    "the service manager passed sockets that nobody serves: give --web.systemd-socket")
            }
            for address in options.listenAddresses { note(try server.listen(on: address)) }
            return
        }
        if options.listenAddresses != Options().listenAddresses {
            log.warning("--web.listen-address is not used: --web.systemd-socket is given")
        }
        for socket in try SocketActivation.takeListeners() { note(try server.listen(on: socket)) }
    }

    /// Polls once and prints the metrics. Returns the exit code.
    func runOnce() -> Int32 {
        var log = Logger(label: BuildInfo.program) { _ in SwiftLogNoOpLogHandler() }
        log.logLevel = .error
        guard let cancellation = Cancellation() else { return 1 }
        let board = Board()
        let events = EventLog(socket: options.socket, directory: nil, log: log)
        let poller = Poller(
            options: options, cancellation: cancellation, board: board, events: events, view: nil,
            log: log, startTime: startTime)
        _ = poller.pollOnce()
        let contents = board.read()
        let tail = ScrapeTail(
            startTime: startTime, eventsPending: 0, stateWriteFailures: 0,
            reload: ReloadDesk.Result(isSuccessful: true, time: startTime))
        StandardStream.output.write(
            (contents.page?.bytes(in: .text) ?? []) + tail.rendered(in: .text))
        if contents.record?.observation != nil { return 0 }
        StandardStream.error.write("\(BuildInfo.program): \(contents.status)\n")
        return 1
    }
}

/// The poll loop's thread. The poller is made and used on it alone.
private final class PollingThread: @unchecked Sendable {
    private let body: () -> LoggedView
    private var thread: WorkerThread?
    /// Written before the thread ends, read after it has.
    private var lastView = LoggedView()

    init(
        options: Options, cancellation: Cancellation, board: Board, events: EventLog,
        view: LoggedView?, log: Logger, startTime: Double
    ) {
        body = {
            Poller(
                options: options, cancellation: cancellation, board: board, events: events,
                view: view, log: log, startTime: startTime
            ).run()
        }
    }

    func start() -> Bool {
        thread = WorkerThread("poll") { self.lastView = self.body() }
        return thread != nil
    }

    /// Waits for the loop to end, and returns the last view that became events.
    func join() -> LoggedView {
        thread?.join()
        return lastView
    }
}

/// Tells the service manager how things are, until a signal says to stop.
private struct ServiceWatch {
    let board: Board
    let reloading: ReloadDesk
    let server: WebServer
    private let manager = ServiceManager()

    init(board: Board, reloading: ReloadDesk, server: WebServer) {
        self.board = board
        self.reloading = reloading
        self.server = server
    }

    func run(until signals: SignalWaiter) {
        let watchdog = ServiceManager.watchdogMicroseconds().map {
            Duration.microseconds(Int64(clamping: $0 / 3))
        }
        var isReady = false
        var status = ""
        var lastRelease = MonotonicTime.now()
        while true {
            let contents = board.read()
            var changes: [String] = []
            if contents.isReady, !isReady {
                isReady = true
                changes.append("READY=1")
                ColdCode.release()
            }
            if contents.status != status, contents.isReady {
                status = contents.status
                changes.append("STATUS=\(status)")
            }
            // A poll loop that is stuck gets no reprieve: the manager restarts the service.
            if watchdog != nil, board.isProgressing(at: .now()) { changes.append("WATCHDOG=1") }
            if !changes.isEmpty { manager.notify(changes) }
            let due = reloading.due(at: .now())
            if due == .zero {
                reload(isReady)
                continue
            }
            let limit = min(watchdog ?? ColdCode.interval, due ?? ColdCode.interval)
            switch signals.wait(min(limit, ColdCode.interval)) {
            case .stop: return
            case .hangup: reload(isReady)
            case .woken, .timedOut: break
            }
            if MonotonicTime.now() - lastRelease >= ColdCode.interval {
                lastRelease = .now()
                ColdCode.release()
            }
        }
    }

    /// Reads the configuration again. The service manager is told of it once the service is up.
    private func reload(_ isReady: Bool) {
        if isReady {
            let now = MonotonicTime.now().nanoseconds / 1000
            manager.notify(["RELOADING=1", "MONOTONIC_USEC=\(now)"])
        }
        reloading.reload { server.apply($0) }
        if isReady { manager.notify(["READY=1"]) }
    }
}
