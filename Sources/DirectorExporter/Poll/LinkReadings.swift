internal import AdminProbe
internal import DirectorRing
internal import LinkProbe

/// What the kernel says of a director's links, which are few.
struct LinkReadings: Equatable, Sendable {
    private struct Entry: Equatable {
        let member: Member
        let side: Side
        let reading: LinkProbe.Reading
    }

    private var entries: [Entry] = []

    var isEmpty: Bool { entries.isEmpty }

    /// Whether something that was sent waits for its acknowledgement.
    var hasUnacknowledged: Bool { entries.contains { $0.reading.unacknowledgedFor != nil } }

    /// Nil where a link's connection wasn't found.
    func reading(of member: Member, _ side: Side) -> LinkProbe.Reading? {
        entries.first { $0.side == side && $0.member == member }?.reading
    }

    func reading(of link: Link) -> LinkProbe.Reading? { reading(of: link.member, link.side) }

    mutating func add(_ reading: LinkProbe.Reading, of link: Link) {
        entries.append(Entry(member: link.member, side: link.side, reading: reading))
    }
}
