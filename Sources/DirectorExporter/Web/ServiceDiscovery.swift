internal import AdminProbe
internal import DirectorRing

/// The ring's members as Prometheus's HTTP service discovery wants them: one group for each
/// address, with this exporter's port, since each member has its exporter beside it.
enum ServiceDiscovery {
    /// - Parameter port: of this exporter's first TCP listener.
    static func json(_ snapshot: RingSnapshot, port: Int) -> String {
        var groups: [(address: IPAddress, members: [Member])] = []
        // A standalone director's port 0 is no member of a ring that others could be found in.
        for member in snapshot.order where member.port != 0 {
            if let last = groups.indices.last, groups[last].address == member.address {
                groups[last].members.append(member)
            } else {
                groups.append((member.address, [member]))
            }
        }
        let items = groups.map { group in
            let address = group.address.isIPv6 ? "[\(group.address)]" : "\(group.address)"
            let members = group.members.map(\.description).joined(separator: ",")
            return "{\"targets\": [\(JSONText.quoted("\(address):\(port)"))], \"labels\": "
                + "{\"__meta_dovecot_director_member\": \(JSONText.quoted(members))}}"
        }
        return "[" + items.joined(separator: ",\n ") + "]\n"
    }
}
