internal import AdminProbe
internal import DirectorRing
internal import Exposition

/// The part of a page that tells of backends, in pieces that change more or less often.
struct RenderedBackends: Sendable {
    private let backends: [Backend]
    private let hashShares: HashShares?
    private let digest: Digest
    /// The digest of the view.
    let view: [UInt8]
    /// Users, whose numbers change alone most of the time.
    let users: [UInt8]
    /// All the rest.
    let rest: [UInt8]

    /// - Parameter last: the part of the page before, from which is taken what hasn't changed.
    init(_ observation: PollRecord.Observation, after last: RenderedBackends?) {
        let snapshot = observation.snapshot
        backends = snapshot.backends
        hashShares = observation.hashShares
        digest = snapshot.backendsDigest
        if let last, last.digest == digest {
            view = last.view
        } else {
            view = RenderedBackends.view(digest)
        }
        if let last, last.tells(of: backends, hashShares) {
            users = last.users(of: backends)
            rest = last.rest
            return
        }
        guard !backends.isEmpty else {
            users = []
            rest = []
            return
        }
        let labels = backends.map {
            LabelSet(DirectorFamilies.backendUsers, $0.key.address.description, $0.key.tag)
        }
        // About so long are their lines with IPv4 addresses and short tags.
        var writer = FamilyWriter(.text, capacity: 256 + backends.count * 80)
        writer.write(DirectorFamilies.backendUsers, backends, labels) { $0.users }
        users = writer.bytes
        writer = FamilyWriter(.text, capacity: 1024 + backends.count * 300)
        writer.writeRest(backends, labels, hashShares)
        rest = writer.bytes
    }

    private static func view(_ digest: Digest) -> [UInt8] {
        var writer = FamilyWriter(.text, capacity: 256)
        writer.begin(DirectorFamilies.backendsViewInfo)
        writer.sample(LabelSet(DirectorFamilies.backendsViewInfo, digest.description), true)
        return writer.bytes
    }

    /// Whether nothing but users can have changed.
    private func tells(of others: [Backend], _ shares: HashShares?) -> Bool {
        guard hashShares == shares, backends.count == others.count else { return false }
        // Two lists that share their memory are told to be equal without a look at them.
        return backends == others
            || backends.indices.allSatisfy { backends[$0].isSettled(like: others[$0]) }
    }

    /// The samples of users, with the labels that are there.
    private func users(of others: [Backend]) -> [UInt8] {
        if backends == others { return users }
        var writer = FamilyWriter(.text, capacity: users.count + others.count)
        var lines = RenderedSamples(users)
        for (before, now) in zip(backends, others) {
            lines.next()
            guard before.users != now.users else { continue }
            writer.append(lines.takeHead())
            writer.value(now.users)
        }
        writer.append(lines.takeRest())
        return writer.bytes
    }
}

extension Backend {
    fileprivate func isSettled(like other: Backend) -> Bool {
        key == other.key && vhosts == other.vhosts && isUp == other.isUp
            && lastChange == other.lastChange
    }
}

extension FamilyWriter {
    fileprivate mutating func writeRest(
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

    fileprivate mutating func write(
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
