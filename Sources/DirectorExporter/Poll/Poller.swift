internal import AdminProbe
internal import DirectorRing
internal import LinkProbe
internal import Logging

/// Asks the director all the time, on a thread of its own, and hands what it says to the rest.
final class Poller {
    /// How many events the page for people shows.
    private static let recentEvents = 50

    private let options: Options
    private let connection: AdminConnection
    private let cancellation: Cancellation
    private let board: Board
    private let events: EventLog
    private let hashShares = HashShareWorker()
    private let links: LinkWatch?
    private let log: Logger

    private var schedule: PollSchedule
    private var tracker: EventTracker
    private var record: PollRecord
    private var page: MetricsPage
    private var unsynced = UnsyncedClock()
    private var beingRemoved: Set<Member> = []
    /// The connection ended since the tracker last saw a view.
    private var connectionEnded = false
    private var processChanged = false
    /// Nil when it has to be written anew.
    private var status: String?
    private var lastFault: AdminFault?
    /// What this outage has been logged for: reasons can alternate, and each is said once.
    private var loggedReasons: Set<AdminFault.Reason> = []
    private var hasSaidUnconfigured = false
    private var lastRejected = 0
    private var isHoldingBack = false

    init(
        options: Options, cancellation: Cancellation, board: Board, events: EventLog,
        view: LoggedView?, log: Logger, startTime: Double
    ) {
        self.options = options
        self.cancellation = cancellation
        self.board = board
        self.events = events
        self.log = log
        connection = AdminConnection(
            path: options.socket, reserve: DescriptorReserve(), cancel: cancellation)
        links = options.probesLinks ? LinkWatch(log: log) : nil
        schedule = PollSchedule(interval: options.pollInterval)
        tracker = EventTracker(view: view ?? LoggedView())
        record = PollRecord(
            expected: options.expected, lastKnownDirector: view?.director, startTime: startTime)
        page = MetricsPage(record)
        board.publish(page)
    }

    /// Polls until it is cancelled. Returns the last view that became events.
    func run() -> LoggedView {
        if !hashShares.start() { log.error("no thread for hash shares: they stay unknown") }
        defer { hashShares.stop() }
        var wait = Duration.zero
        while true {
            board.promiseProgress(within: wait + options.timeout)
            if cancellation.wait(wait) { break }
            wait = pollOnce()
        }
        connection.close()
        return tracker.view
    }

    /// One poll and all that follows from it. Returns how long to wait for the next.
    func pollOnce() -> Duration {
        let start = MonotonicTime.now()
        var backoff: Duration?
        do throws(AdminFault) {
            take(try connection.poll(timeout: options.timeout))
        } catch {
            backoff = schedule.failed(error, at: .now())
            if cancellation.wait(.zero) { return .zero }
            fail(error)
            // What was read until then can have been large.
            FreedMemory.release()
        }
        page = MetricsPage(record, after: page)
        board.publish(page)
        let text = status ?? StatusLine(record, fault: lastFault).text
        status = text
        board.publish(status: text, snapshot: record)
        // A large view takes time to render, which the interval has to contain.
        return backoff ?? schedule.succeeded(after: MonotonicTime.now() - start)
    }

    private func take(_ poll: AdminConnection.Poll) {
        let instant = EventTracker.Instant(wall: Timestamp.now(), monotonic: .now())
        let snapshot = RingSnapshot(
            poll.reply, beingRemoved: beingRemoved, after: record.observation?.snapshot)
        if snapshot != record.observation?.snapshot { status = nil }
        beingRemoved = snapshot.membersBeingRemoved
        connectionEnded = connectionEnded || poll.hasConnectionEnded
        processChanged = processChanged || poll.hasListenerChanged
        var seconds: UInt64?
        if case .syncing(let value)? = snapshot.status { seconds = value }
        let connections = links?.read(snapshot, at: instant.monotonic) ?? LinkReadings()
        record.isLinkProbeUp = links?.isUp
        record.observation = PollRecord.Observation(
            snapshot: snapshot, duration: poll.duration,
            unsyncedSince: unsynced.observe(seconds: seconds, now: instant.wall),
            hashShares: shares(of: snapshot, poll.reply.hosts), connections: connections)
        record.lastSuccess = instant.wall
        record.rejectedHosts += UInt64(poll.reply.rejectedHosts)
        record.rejectedDirectors += UInt64(poll.reply.rejectedDirectors)
        record.lastKnownDirector = snapshot.ownMember ?? record.lastKnownDirector
        noteRejected(poll.reply)
        if let fault = lastFault {
            log.notice(
                "the director answers again",
                metadata: ["socket": "\(options.socket)", "was": "\(fault.reason.rawValue)"])
            lastFault = nil
            loggedReasons = []
        }
        guard mayEmit() else { return }
        // The answer may be as old as the question: a process that stood still in between must not
        // take what it finds then for a neighbour's silence.
        let asked = EventTracker.Instant(
            wall: instant.wall - poll.duration.inSeconds,
            monotonic: MonotonicTime(
                nanoseconds: instant.monotonic.nanoseconds - poll.duration.inNanoseconds))
        submit(
            tracker.observe(
                snapshot, connectionEnded: connectionEnded, processChanged: processChanged,
                stalls: stalls(connections, snapshot), at: asked))
        connectionEnded = false
        processChanged = false
    }

    /// The neighbours that don't acknowledge what was sent to them, and for how long.
    private func stalls(
        _ connections: LinkReadings, _ snapshot: RingSnapshot
    ) -> [Side: Double] {
        var stalls: [Side: Double] = [:]
        for side in [Side.left, .right] {
            guard let member = snapshot.neighbor(on: side) else { continue }
            stalls[side] =
                connections.reading(of: member, side)?.unacknowledgedFor?.inSeconds
        }
        return stalls
    }

    /// Versions without counters hash in another way unless told otherwise.
    private func shares(of snapshot: RingSnapshot, _ rows: [HostRow]) -> HashShares? {
        guard snapshot.anonymousConnections != nil else { return nil }
        return hashShares.shares(of: snapshot.backendsDigest, rows)
    }

    private func fail(_ fault: AdminFault) {
        record.observation = nil
        status = nil
        record.failures[fault.reason, default: 0] += 1
        unsynced = UnsyncedClock()
        if schedule.looksUnconfigured {
            if !hasSaidUnconfigured {
                hasSaidUnconfigured = true
                log.warning(
                    """
                    the socket has never greeted: the director seems not to be configured \
                    (director_servers, director_mail_servers); from now on it is tried every \
                    \(PollSchedule.unconfiguredInterval)
                    """, metadata: ["socket": "\(options.socket)"])
            }
        } else if loggedReasons.insert(fault.reason).inserted {
            log.error(
                "the director can't be asked: \(fault.message)",
                metadata: [
                    "socket": "\(options.socket)", "reason": "\(fault.reason.rawValue)",
                    "remedy": "\(fault.remedy)",
                ])
        }
        lastFault = fault
        guard mayEmit() else { return }
        submit(
            tracker.observeFailure(
                at: EventTracker.Instant(wall: Timestamp.now(), monotonic: .now())))
    }

    /// While the journal takes nothing and the queue is full, the tracker stays where it is.
    private func mayEmit() -> Bool {
        let isAccepting = events.isAccepting
        if isAccepting == isHoldingBack {
            isHoldingBack = !isAccepting
            if isHoldingBack {
                log.warning(
                    """
                    \(EventLog.capacity) events wait for the journal: further changes are held \
                    back, and logged as one once it takes them
                    """)
            } else {
                log.notice("events are no longer held back")
            }
        }
        return isAccepting
    }

    private func submit(_ new: [RingEvent]) {
        guard !new.isEmpty else { return }
        for event in new {
            record.events[event.kind, default: 0] += 1
            log.debug("\(event.message)", metadata: ["event": "\(event.kind.rawValue)"])
        }
        record.recentEvents = Array(
            (new.suffix(Poller.recentEvents).reversed() + record.recentEvents)
                .prefix(Poller.recentEvents))
        events.submit(new, view: tracker.view)
    }

    private func noteRejected(_ reply: AdminReply) {
        let count = reply.rejectedHosts + reply.rejectedDirectors
        defer { lastRejected = count }
        // Their number can be another one at each poll.
        guard (count > 0) != (lastRejected > 0) else { return }
        if let example = reply.rejectedExample {
            log.warning(
                "some rows can't be read and are left out",
                metadata: ["rows": "\(count)", "example": "\(example)"])
        } else {
            log.notice("all rows can be read again")
        }
    }
}
