internal import Exposition

/// The families of the director, its ring and its backends. Names and meanings are what
/// dashboards and rules build on.
enum DirectorFamilies {
    static let up = MetricFamily(
        "dovecot_director_up", .gauge, help: "1 when the last poll read both lists whole.")
    static let lastSuccess = MetricFamily(
        "dovecot_director_last_successful_poll_timestamp_seconds", .gauge,
        help: "When the last successful poll was answered; absent before the first.")
    static let pollDuration = MetricFamily(
        "dovecot_director_poll_duration_seconds", .gauge,
        help: "Duration of the last poll, from the question to both lists parsed.")
    static let pollFailures = MetricFamily(
        "dovecot_director_poll_failures_total", .counter, labels: ["reason"],
        help: "Polls that failed, by reason.")
    static let rejectedRows = MetricFamily(
        "dovecot_director_rejected_rows_total", .counter, labels: ["list"],
        help: "Rows that could not be read, each at each poll; the other rows count.")
    static let events = MetricFamily(
        "dovecot_director_events_total", .counter, labels: ["event"],
        help: "Changes that became journal events, by kind, counted when they were seen.")
    static let expectedMember = MetricFamily(
        "dovecot_director_ring_expected_member", .gauge, labels: ["director"],
        help: "1 for each member that should be in the ring, by --director.expect.")

    static let selfInfo = MetricFamily(
        "dovecot_director_self_info", .gauge, labels: ["director"],
        help: "1 for the member that this director is.")
    static let handshaked = MetricFamily(
        "dovecot_director_ring_handshaked", .gauge,
        help: "1 once the director has shaken hands with its ring since it started.")
    static let synced = MetricFamily(
        "dovecot_director_ring_synced", .gauge,
        help: "1 when the director says that its ring is synced; both halves of a split ring do.")
    static let unsyncedSince = MetricFamily(
        "dovecot_director_ring_unsynced_since_timestamp_seconds", .gauge,
        help: "Since when the ring has been syncing; absent while it is not.")
    static let lastSyncDuration = MetricFamily(
        "dovecot_director_ring_last_sync_duration_seconds", .gauge,
        help: "Duration of the last lap of a SYNC around the ring; 0 before the first.")
    static let isolated = MetricFamily(
        "dovecot_director_ring_isolated", .gauge,
        help: "1 when other members are known and none is linked on either side.")
    static let member = MetricFamily(
        "dovecot_director_ring_member", .gauge, labels: ["director"],
        help: "1 for each member in this director's view, itself included; 0 while it is being "
            + "removed.")
    static let memberPosition = MetricFamily(
        "dovecot_director_ring_member_position", .gauge, labels: ["director"],
        help: "Place of the member in the ring's order, from 0, without those being removed.")
    static let viewInfo = MetricFamily(
        "dovecot_director_ring_view_info", .gauge, labels: ["view"],
        help: "1 for the digest of the members in this director's view, without those being "
            + "removed.")
    static let neighbor = MetricFamily(
        "dovecot_director_ring_neighbor", .gauge, labels: ["director", "side"],
        help: "1 for the neighbours linked now.")
    static let expectedNeighborLinked = MetricFamily(
        "dovecot_director_ring_expected_neighbor_linked", .gauge, labels: ["director", "side"],
        help: "For the neighbours that the ring's order demands: 1 if linked, else 0.")
    static let memberLastFailure = MetricFamily(
        "dovecot_director_ring_member_last_failure_timestamp_seconds", .gauge,
        labels: ["director"],
        help: "When a connection to the member last failed; 0 when no failure is known.")
    static let anonymousConnections = MetricFamily(
        "dovecot_director_ring_anonymous_connections", .gauge,
        help: "Incoming connections whose director is not known yet.")

    static let linkHandshaked = link("handshaked", "1 once the connection's handshake is done.")
    static let linkSynced = link("synced", "1 when the connection is synced.")
    static let linkPing = link(
        "ping_seconds",
        "Round trip of the last PING; 0 is under a millisecond, or none yet.")
    static let linkReceived = link(
        "received_bytes_total", "Bytes received on the connection.")
    static let linkSent = link("sent_bytes_total", "Bytes sent on the connection.")
    static let linkBuffered = link("buffered_bytes", "Bytes waiting to be sent.")
    static let linkBufferedPeak = link(
        "buffered_peak_bytes", "The most bytes that ever waited to be sent.")
    static let linkLastInput = link(
        "last_input_timestamp_seconds", "When the last input came; healthy links get some every "
            + "15 s.")
    static let linkLastOutput = link("last_output_timestamp_seconds", "When the last output left.")

    static let linkUnacknowledgedSince = link(
        "tcp_unacknowledged_since_timestamp_seconds",
        "Since when sent data, or a connect, has waited for its acknowledgement, by the kernel; only "
            + "after two retransmissions in a row.")
    static let linkRetransmitted = link(
        "tcp_retransmitted_segments_total", "Segments that the kernel sent again.")
    static let linkRoundTrip = link(
        "tcp_round_trip_seconds", "Round trip time of the connection, smoothed by the kernel.")

    static let backendUsers = backend("users", "Users in this director's table for the backend.")
    static let backendVhosts = backend(
        "vhosts", "The backend's weight in new assignments; 0 drains it.")
    static let backendUp = backend("up", "1 when the backend is up, 0 when it is down.")
    static let backendChange = backend(
        "state_change_timestamp_seconds",
        "When the backend last went up or down, as this director knows it.")
    static let backendHashShare = backend(
        "hash_share_ratio",
        "The exact share of its tag's hash space that leads to the backend; 0 when it is down.")
    static let backendsViewInfo = MetricFamily(
        "dovecot_director_backends_view_info", .gauge, labels: ["view"],
        help: "1 for the digest of the backends in this director's view: address, tag, vhosts, up.")

    private static func link(
        _ name: String, _ help: String
    ) -> MetricFamily {
        // Counters, and only counters, have this suffix.
        let kind: MetricFamily.Kind = name.hasSuffix("_total") ? .counter : .gauge
        return MetricFamily(
            "dovecot_director_ring_connection_\(name)", kind, labels: ["director", "side"],
            help: help)
    }

    private static func backend(_ name: String, _ help: String) -> MetricFamily {
        MetricFamily(
            "dovecot_director_backend_\(name)", .gauge, labels: ["backend", "tag"], help: help)
    }

    /// Those that every page has, whether the director answers or not.
    static let permanent = [up, lastSuccess, pollFailures, rejectedRows, events, expectedMember]

    /// Those that describe the director, gone when it doesn't answer.
    static let ofDirector = [
        pollDuration, selfInfo, handshaked, synced, unsyncedSince, lastSyncDuration, isolated,
        member, memberPosition, viewInfo, neighbor, expectedNeighborLinked, memberLastFailure,
        anonymousConnections, linkHandshaked, linkSynced, linkPing, linkReceived, linkSent,
        linkBuffered, linkBufferedPeak, linkLastInput, linkLastOutput, linkUnacknowledgedSince,
        linkRetransmitted, linkRoundTrip, backendUsers, backendVhosts, backendUp, backendChange, backendHashShare, backendsViewInfo,
    ]
}
