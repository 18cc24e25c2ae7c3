internal import AdminProbe
internal import BuildInformation
internal import DirectorRing

extension RingEvent {
    /// The event as the journal takes it.
    var journalFields: [(name: String, value: String)] {
        var fields = [
            ("MESSAGE", message), ("MESSAGE_ID", kind.messageID),
            ("PRIORITY", "\(kind.priority)"), ("SYSLOG_IDENTIFIER", BuildInfo.program),
            ("DIRECTOR_EVENT", kind.rawValue), ("DIRECTOR_EVENT_ID", id),
            ("DIRECTOR_SELF", director?.description ?? ""),
            ("DIRECTOR_RING_SIZE", "\(ringMembers.count)"),
            ("DIRECTOR_RING_MEMBERS", ringMembers.map(\.description).joined(separator: " ")),
            ("DIRECTOR_OBSERVED_AT", RingEvent.seconds(observedAt)),
        ]
        if let member { fields.append(("DIRECTOR_MEMBER", member.description)) }
        if let side { fields.append(("DIRECTOR_SIDE", side.rawValue)) }
        if let backend {
            fields.append(("DIRECTOR_BACKEND", backend.address.description))
            fields.append(("DIRECTOR_TAG", backend.tag))
        }
        if let old { fields.append(("DIRECTOR_OLD", old)) }
        if let new { fields.append(("DIRECTOR_NEW", new)) }
        return fields
    }

    /// What can be the time of an event, in epoch seconds.
    static let times = 0.0..<1e12

    /// Epoch seconds with six digits behind the point.
    static func seconds(_ time: Double) -> String {
        guard times.contains(time) else { return "0.000000" }
        let microseconds = UInt64((time * 1e6).rounded())
        let fraction = "\(microseconds % 1_000_000)"
        return "\(microseconds / 1_000_000)."
            + String(repeating: "0", count: 6 - fraction.count) + fraction
    }

    /// One line for people.
    var message: String {
        let own = director?.description ?? "the director"
        let other = member?.description ?? "a member"
        let sideName = side?.rawValue ?? ""
        let backendName =
            backend.map { "backend \($0.address)" + ($0.tag.isEmpty ? "" : " (tag \($0.tag))") }
            ?? "a backend"
        return switch kind {
        case .memberAdded: "\(own): \(other) joined the ring (\(members))"
        case .memberRemoved: "\(own): \(other) left the ring (\(members))"
        case .linkUp: "\(own): linked to its \(sideName) neighbour \(other)"
        case .linkDown: "\(own): lost its \(sideName) neighbour \(other)"
        case .linkReset: "\(own): the link to its \(sideName) neighbour \(other) was made anew"
        case .linkSilent:
            "\(own): its \(sideName) neighbour \(other) has been silent for over "
                + "\(Int(EventTracker.silenceLimit)) s"
        case .linkResumed: "\(own): its \(sideName) neighbour \(other) is heard again"
        case .linkStalled:
            "\(own): its \(sideName) neighbour \(other) has acknowledged nothing for over "
                + "\(Int(EventTracker.stallLimit)) s: the network is dead"
        case .linkAcknowledged: "\(own): its \(sideName) neighbour \(other) acknowledges again"
        case .ringSynced: "\(own): the ring is synced (\(members))"
        case .ringUnsynced: "\(own): the ring is not synced"
        case .ringIsolated: "\(own): linked to none of the other members it knows (\(members))"
        case .ringRejoined: "\(own): linked to its ring again (\(members))"
        case .directorReachable: "\(own): the director answers (\(members))"
        case .directorUnreachable: "\(own): the director does not answer"
        case .directorRestarted: "\(own): the director was restarted"
        case .backendAdded: "\(own): \(backendName) was added"
        case .backendRemoved: "\(own): \(backendName) was removed"
        case .backendUp: "\(own): \(backendName) is up"
        case .backendDown: "\(own): \(backendName) is down"
        case .backendVhostsChanged:
            "\(own): \(backendName) has \(new ?? "?") vhosts, before \(old ?? "?")"
        }
    }

    private var members: String {
        ringMembers.count == 1 ? "1 member" : "\(ringMembers.count) members"
    }
}
