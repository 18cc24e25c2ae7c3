internal import AdminProbe
internal import DirectorRing

/// The snapshot as JSON, by the schema in docs/ring.schema.json.
struct RingDocument {
    let json: String

    init(_ observation: PollRecord.Observation, observedAt: Double) {
        let snapshot = observation.snapshot
        var object = JSONObject()
        object.add("observed_at", JSONObject.number(observedAt))
        object.add("director", JSONObject.text(snapshot.ownMember?.description))
        object.add("status", JSONObject.text(snapshot.status.map(RingDocument.word)))
        object.add("unsynced_since", JSONObject.number(observation.unsyncedSince))
        object.add(
            "last_sync_seconds",
            JSONObject.number(snapshot.lastSyncMilliseconds.map { Double($0) / 1000 }))
        object.add("isolated", JSONObject.flag(snapshot.isIsolated))
        object.add("members_view", JSONObject.text(snapshot.membersDigest.description))
        object.add("backends_view", JSONObject.text(snapshot.backendsDigest.description))
        object.add("anonymous_connections", JSONObject.number(snapshot.anonymousConnections))
        object.add("neighbors", RingDocument.sides(snapshot.left, snapshot.right))
        object.add(
            "expected_neighbors", RingDocument.sides(snapshot.expected?.left, snapshot.expected?.right)
        )
        object.add("members", JSONObject.list(RingDocument.members(snapshot)))
        object.add("links", JSONObject.list(snapshot.links.map(RingDocument.link)))
        object.add(
            "backends",
            JSONObject.list(RingDocument.backends(snapshot, observation.hashShares)))
        json = object.text + "\n"
    }

    private static func word(_ status: RingStatus) -> String {
        switch status {
        case .handshaking: "handshaking"
        case .synced: "synced"
        case .syncing: "syncing"
        }
    }

    private static func sides(_ left: Member?, _ right: Member?) -> String {
        var object = JSONObject()
        object.add("left", JSONObject.text(left?.description))
        object.add("right", JSONObject.text(right?.description))
        return object.text
    }

    private static func members(_ snapshot: RingSnapshot) -> [String] {
        var position = 0
        return snapshot.members.map { state in
            var object = JSONObject()
            object.add("member", JSONObject.text(state.member.description))
            object.add("self", JSONObject.flag(state.member == snapshot.ownMember))
            object.add("being_removed", JSONObject.flag(state.isBeingRemoved))
            object.add("position", JSONObject.number(state.isBeingRemoved ? nil : position))
            object.add(
                "last_failure", JSONObject.number(state.lastFailure > 0 ? state.lastFailure : nil))
            if !state.isBeingRemoved { position += 1 }
            return object.text
        }
    }

    private static func link(_ link: Link) -> String {
        var object = JSONObject()
        object.add("member", JSONObject.text(link.member.description))
        object.add("side", JSONObject.text(link.side.rawValue))
        object.add("handshaked", JSONObject.flag(link.isHandshaked))
        object.add("synced", JSONObject.flag(link.isSynced))
        let traffic = link.traffic
        object.add(
            "ping_seconds", JSONObject.number(traffic.map { Double($0.pingMilliseconds) / 1000 }))
        object.add("received_bytes", JSONObject.number(traffic?.bytesReceived))
        object.add("sent_bytes", JSONObject.number(traffic?.bytesSent))
        object.add("buffered_bytes", JSONObject.number(traffic?.bytesBuffered))
        object.add("buffered_peak_bytes", JSONObject.number(traffic?.bytesBufferedPeak))
        object.add("last_input", JSONObject.number(traffic?.lastInput))
        object.add("last_output", JSONObject.number(traffic?.lastOutput))
        return object.text
    }

    private static func backends(_ snapshot: RingSnapshot, _ shares: HashShares?) -> [String] {
        snapshot.backends.enumerated().map { index, backend in
            var object = JSONObject()
            object.add("backend", JSONObject.text(backend.key.address.description))
            object.add("tag", JSONObject.text(backend.key.tag))
            object.add("users", JSONObject.number(backend.users))
            object.add("vhosts", JSONObject.number(backend.vhosts))
            object.add("up", JSONObject.flag(backend.isUp))
            object.add("state_change", JSONObject.number(backend.lastChange))
            object.add("hash_share", JSONObject.number(shares?.values[index]))
            return object.text
        }
    }
}

/// A JSON object in the making. What isn't known is null.
private struct JSONObject {
    private var fields: [String] = []

    var text: String { "{" + fields.joined(separator: ", ") + "}" }

    mutating func add(_ name: String, _ value: String) {
        fields.append("\"\(name)\": \(value)")
    }

    static func text(_ value: String?) -> String { value.map(JSONText.quoted) ?? "null" }
    static func flag(_ value: Bool?) -> String { value.map { $0 ? "true" : "false" } ?? "null" }
    static func number(_ value: (some BinaryInteger)?) -> String { value.map { "\($0)" } ?? "null" }
    static func number(_ value: Double?) -> String {
        // JSON has no words for what isn't finite.
        value.flatMap { $0.isFinite ? "\($0)" : nil } ?? "null"
    }
    static func list(_ items: [String]) -> String {
        "[" + items.joined(separator: ",\n  ") + "]"
    }
}
