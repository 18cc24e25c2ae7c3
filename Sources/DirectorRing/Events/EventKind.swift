/// The changes that are worth a journal entry. Raw values are part of the documented interface.
public enum EventKind: String, Sendable, CaseIterable, Hashable {
    case memberAdded = "member_added"
    case memberRemoved = "member_removed"
    case linkUp = "link_up"
    case linkDown = "link_down"
    /// The same neighbour on the same side, but its byte counters fell: a new connection.
    case linkReset = "link_reset"
    /// No input for over 20 s.
    case linkSilent = "link_silent"
    case linkResumed = "link_resumed"
    /// What was sent has waited for its acknowledgement for 3 s, by the kernel.
    case linkStalled = "link_stalled"
    case linkAcknowledged = "link_acknowledged"
    case ringSynced = "ring_synced"
    case ringUnsynced = "ring_unsynced"
    case ringIsolated = "ring_isolated"
    case ringRejoined = "ring_rejoined"
    case directorReachable = "director_reachable"
    case directorUnreachable = "director_unreachable"
    case directorRestarted = "director_restarted"
    case backendAdded = "backend_added"
    case backendRemoved = "backend_removed"
    case backendUp = "backend_up"
    case backendDown = "backend_down"
    case backendVhostsChanged = "backend_vhosts_changed"
}
