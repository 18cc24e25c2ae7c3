internal import AdminProbe
internal import BuildInformation
internal import DirectorRing
internal import Exposition
internal import LinkProbe

extension MetricsPage {
    /// - Parameter last: the page before, from which is taken what hasn't changed.
    init(_ record: PollRecord, after last: MetricsPage? = nil) {
        let observation = record.observation
        let links = LabelledLinks(observation?.snapshot.links ?? [])
        var writer = FamilyWriter(.text, capacity: 1024)
        writer.writePoll(record)
        poll = writer.bytes
        ring = observation.map { observation in
            RenderedPart(
                RingMark(
                    ring: observation.snapshot.ringSource, unsyncedSince: observation.unsyncedSince),
                after: last?.ring
            ) {
                $0.writeRing(observation)
                $0.writeLinks(links.value)
            }
        }
        connections = observation.map { observation in
            let time = record.lastSuccess ?? 0
            let isWaiting = observation.connections.hasUnacknowledged
            return RenderedPart(
                ConnectionsMark(readings: observation.connections, time: isWaiting ? time : nil),
                after: last?.connections
            ) { $0.writeConnections(observation, links.value, at: time) }
        }
        backends = observation.flatMap { RenderedBackends($0, after: last?.backends) }
        exporter = RenderedPart(
            ExporterMark(
                lastKnownDirector: record.lastKnownDirector, isLinkProbeUp: record.isLinkProbeUp),
            after: last?.exporter
        ) { $0.writeExporter(record) }
        let mark = CountersMark(record)
        textCounters = RenderedPart(mark, after: last?.textCounters) {
            $0.writeCounters(record, links.value)
        }
        openMetricsCounters = RenderedPart(
            mark, after: last?.openMetricsCounters, in: .openMetrics
        ) { $0.writeCounters(record, links.value) }
    }
}

extension CountersMark {
    fileprivate init(_ record: PollRecord) {
        failures = record.failures
        rejectedHosts = record.rejectedHosts
        rejectedDirectors = record.rejectedDirectors
        events = record.events
        ring = record.observation?.snapshot.ringSource
        readings = record.observation?.connections ?? LinkReadings()
    }
}

/// Links with their labels, which are rendered when they are needed for the first time.
private final class LabelledLinks {
    private let links: [Link]
    private(set) lazy var value = links.map { (link: $0, labels: LabelSet.link($0.member, $0.side)) }

    init(_ links: [Link]) {
        self.links = links
    }
}

/// Labels that are the same at every poll.
private enum FixedLabels {
    static let reasons = AdminFault.Reason.allCases.map {
        (reason: $0, labels: LabelSet(DirectorFamilies.pollFailures, $0.rawValue))
    }
    static let rejectedHosts = LabelSet(DirectorFamilies.rejectedRows, "hosts")
    static let rejectedDirectors = LabelSet(DirectorFamilies.rejectedRows, "directors")
    static let events = EventKind.allCases.map {
        (kind: $0, labels: LabelSet(DirectorFamilies.events, $0.rawValue))
    }
    static let build = LabelSet(
        ExporterFamilies.buildInfo, BuildInfo.version, BuildInfo.revision, BuildInfo.swiftVersion)
}

extension LabelSet {
    fileprivate static func link(_ member: Member, _ side: Side) -> LabelSet {
        LabelSet(DirectorFamilies.neighbor, member.description, side.rawValue)
    }

    fileprivate static func director(_ member: Member) -> LabelSet {
        LabelSet(DirectorFamilies.member, member.description)
    }
}

extension FamilyWriter {
    fileprivate mutating func write(_ family: MetricFamily, _ value: Bool?) {
        guard let value else { return }
        begin(family)
        sample(.none, value)
    }

    fileprivate mutating func write(_ family: MetricFamily, _ value: Double?) {
        guard let value else { return }
        begin(family)
        sample(.none, value)
    }

    /// A family with a sample for each link that has the value; none where no link has it.
    fileprivate mutating func write(
        _ family: MetricFamily, _ links: [(link: Link, labels: LabelSet)],
        _ value: (Link) -> UInt64?
    ) {
        var hasBegun = false
        for (link, labels) in links {
            guard let value = value(link) else { continue }
            if !hasBegun { begin(family) }
            hasBegun = true
            sample(labels, value)
        }
    }

    fileprivate mutating func writePoll(_ record: PollRecord) {
        write(DirectorFamilies.up, record.observation != nil)
        write(DirectorFamilies.lastSuccess, record.lastSuccess)
        if !record.expected.isEmpty {
            begin(DirectorFamilies.expectedMember)
            for member in record.expected.sorted() { sample(.director(member), true) }
        }
        write(DirectorFamilies.pollDuration, record.observation?.duration.inSeconds)
    }

    fileprivate mutating func writeExporter(_ record: PollRecord) {
        if let director = record.lastKnownDirector {
            begin(ExporterFamilies.lastKnownDirector)
            sample(.director(director), true)
        }
        begin(ExporterFamilies.buildInfo)
        sample(FixedLabels.build, true)
        write(ExporterFamilies.linkProbeUp, record.isLinkProbeUp)
    }

    fileprivate mutating func writeRing(_ observation: PollRecord.Observation) {
        let snapshot = observation.snapshot
        if let member = snapshot.ownMember {
            begin(DirectorFamilies.selfInfo)
            sample(.director(member), true)
        }
        write(DirectorFamilies.handshaked, snapshot.isHandshaked)
        write(DirectorFamilies.synced, snapshot.isSynced)
        write(DirectorFamilies.unsyncedSince, observation.unsyncedSince)
        write(
            DirectorFamilies.lastSyncDuration,
            snapshot.lastSyncMilliseconds.map { Double($0) / 1000 })
        write(DirectorFamilies.isolated, snapshot.isIsolated)
        writeMembers(snapshot)
        begin(DirectorFamilies.viewInfo)
        sample(LabelSet(DirectorFamilies.viewInfo, snapshot.membersDigest.description), true)
        writeNeighbors(snapshot)
        if let count = snapshot.anonymousConnections {
            begin(DirectorFamilies.anonymousConnections)
            sample(.none, UInt64(count))
        }
    }

    private mutating func writeMembers(_ snapshot: RingSnapshot) {
        guard !snapshot.members.isEmpty else { return }
        let members = snapshot.members.map { (state: $0, labels: LabelSet.director($0.member)) }
        begin(DirectorFamilies.member)
        for (state, labels) in members { sample(labels, !state.isBeingRemoved) }
        if !snapshot.order.isEmpty {
            begin(DirectorFamilies.memberPosition)
            for (position, member) in snapshot.order.enumerated() {
                sample(.director(member), UInt64(position))
            }
        }
        begin(DirectorFamilies.memberLastFailure)
        for (state, labels) in members { sample(labels, state.lastFailure) }
    }

    private mutating func writeNeighbors(_ snapshot: RingSnapshot) {
        if snapshot.left != nil || snapshot.right != nil {
            begin(DirectorFamilies.neighbor)
            if let left = snapshot.left { sample(.link(left, .left), true) }
            if let right = snapshot.right { sample(.link(right, .right), true) }
        }
        if let expected = snapshot.expected {
            begin(DirectorFamilies.expectedNeighborLinked)
            sample(.link(expected.left, .left), snapshot.left == expected.left)
            sample(.link(expected.right, .right), snapshot.right == expected.right)
        }
    }

    fileprivate mutating func writeLinks(_ links: [(link: Link, labels: LabelSet)]) {
        write(DirectorFamilies.linkHandshaked, links) { $0.isHandshaked.map { $0 ? 1 : 0 } }
        write(DirectorFamilies.linkSynced, links) { $0.isSynced.map { $0 ? 1 : 0 } }
        if links.contains(where: { $0.link.traffic != nil }) {
            begin(DirectorFamilies.linkPing)
            for (link, labels) in links {
                guard let traffic = link.traffic else { continue }
                sample(labels, Double(traffic.pingMilliseconds) / 1000)
            }
        }
        write(DirectorFamilies.linkBuffered, links) { $0.traffic?.bytesBuffered }
        write(DirectorFamilies.linkBufferedPeak, links) { $0.traffic?.bytesBufferedPeak }
        write(DirectorFamilies.linkLastInput, links) { $0.traffic?.lastInput.map { UInt64($0) } }
        write(DirectorFamilies.linkLastOutput, links) { $0.traffic?.lastOutput.map { UInt64($0) } }
    }

    fileprivate mutating func writeConnections(
        _ observation: PollRecord.Observation, _ links: [(link: Link, labels: LabelSet)],
        at time: Double
    ) {
        guard !observation.connections.isEmpty else { return }
        let found = links.compactMap { link, labels in
            observation.connections.reading(of: link).map {
                (reading: $0, labels: labels)
            }
        }
        var hasBegun = false
        for (reading, labels) in found {
            guard let wait = reading.unacknowledgedFor else { continue }
            if !hasBegun { begin(DirectorFamilies.linkUnacknowledgedSince) }
            hasBegun = true
            // Milliseconds: the same wait is the same number at each poll.
            sample(labels, ((time - wait.inSeconds) * 1000).rounded() / 1000)
        }
        begin(DirectorFamilies.linkRoundTrip)
        for (reading, labels) in found { sample(labels, reading.roundTripSeconds) }
    }

    fileprivate mutating func writeCounters(
        _ record: PollRecord, _ links: [(link: Link, labels: LabelSet)]
    ) {
        begin(DirectorFamilies.pollFailures)
        for (reason, labels) in FixedLabels.reasons {
            sample(labels, record.failures[reason] ?? 0)
        }
        begin(DirectorFamilies.rejectedRows)
        sample(FixedLabels.rejectedHosts, record.rejectedHosts)
        sample(FixedLabels.rejectedDirectors, record.rejectedDirectors)
        begin(DirectorFamilies.events)
        for (kind, labels) in FixedLabels.events {
            sample(labels, record.events[kind] ?? 0)
        }
        write(DirectorFamilies.linkReceived, links) { $0.traffic?.bytesReceived }
        write(DirectorFamilies.linkSent, links) { $0.traffic?.bytesSent }
        let connections = record.observation?.connections ?? LinkReadings()
        if !connections.isEmpty {
            write(DirectorFamilies.linkRetransmitted, links) { link in
                connections.reading(of: link).map {
                    UInt64($0.retransmittedSegments)
                }
            }
        }
    }
}
