internal import AdminProbe
internal import DirectorRing
internal import Exposition

/// Where a page tells of backends: the next page copies what stays the same.
struct RenderedBackends: Sendable {
    let backends: [Backend]
    let hashShares: HashShares?
    /// The samples of their users, in the gauges.
    let users: Range<Int>
    /// All the rest, behind them.
    let rest: Range<Int>

    /// Whether nothing but users can have changed.
    fileprivate func tells(of others: [Backend], _ shares: HashShares?) -> Bool {
        backends.count == others.count && hashShares == shares
            && backends.indices.allSatisfy { backends[$0].isSettled(like: others[$0]) }
    }
}

extension Backend {
    fileprivate func isSettled(like other: Backend) -> Bool {
        key == other.key && vhosts == other.vhosts && isUp == other.isUp
            && lastChange == other.lastChange
    }
}

extension FamilyWriter {
    mutating func writeBackends(
        _ observation: PollRecord.Observation, after last: MetricsPage
    ) -> RenderedBackends? {
        let snapshot = observation.snapshot
        begin(DirectorFamilies.backendsViewInfo)
        sample(
            LabelSet(DirectorFamilies.backendsViewInfo, snapshot.backendsDigest.description), true)
        let backends = snapshot.backends
        guard !backends.isEmpty else { return nil }
        begin(DirectorFamilies.backendUsers)
        let start = bytes.count
        let middle: Int
        if let known = last.backends, known.tells(of: backends, observation.hashShares) {
            writeUsers(of: backends, known, in: last.gauges)
            middle = bytes.count
            append(last.gauges[known.rest])
        } else {
            let labels = backends.map {
                LabelSet(DirectorFamilies.backendUsers, $0.key.address.description, $0.key.tag)
            }
            for (backend, labels) in zip(backends, labels) { sample(labels, backend.users) }
            middle = bytes.count
            writeRest(backends, labels, observation.hashShares)
        }
        return RenderedBackends(
            backends: backends, hashShares: observation.hashShares, users: start..<middle,
            rest: middle..<bytes.count)
    }

    /// The samples of users, with the labels that a page has for them.
    private mutating func writeUsers(
        of backends: [Backend], _ known: RenderedBackends, in page: [UInt8]
    ) {
        // Two lists that share their memory are told to be equal without a look at them.
        if backends == known.backends {
            append(page[known.users])
            return
        }
        var lines = RenderedSamples(page[known.users])
        for (backend, before) in zip(backends, known.backends) {
            lines.next()
            guard backend.users != before.users else { continue }
            append(lines.takeHead())
            value(backend.users)
        }
        append(lines.takeRest())
    }

    private mutating func writeRest(
        _ backends: [Backend], _ labels: [LabelSet], _ hashShares: HashShares?
    ) {
        write(DirectorFamilies.backendVhosts, backends, labels) { $0.vhosts }
        write(DirectorFamilies.backendUp, backends, labels) { $0.isUp.map { $0 ? 1 : 0 } }
        write(DirectorFamilies.backendChange, backends, labels) {
            $0.lastChange.map { UInt64($0) }
        }
        if let hashShares {
            begin(DirectorFamilies.backendHashShare)
            for (labels, share) in zip(labels, hashShares.values) { sample(labels, share) }
        }
    }

    private mutating func write(
        _ family: MetricFamily, _ backends: [Backend], _ labels: [LabelSet],
        _ value: (Backend) -> UInt64?
    ) {
        var hasBegun = false
        for index in backends.indices {
            guard let value = value(backends[index]) else { continue }
            if !hasBegun { begin(family) }
            hasBegun = true
            sample(labels[index], value)
        }
    }
}
