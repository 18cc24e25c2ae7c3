internal import AdminProbe
internal import DirectorRing
internal import LinkProbe
internal import Logging

/// Asks the kernel about the connections of a director's links, poll by poll, and says once what
/// keeps it from that.
final class LinkWatch {
    /// How many polls in a row may find no connection at all before that is told: right after a
    /// start some are still to be found.
    private static let patience = 5

    private let log: Logger
    private var probe: LinkProbe?
    private var fruitless = 0
    private var hasComplained = false
    /// Whether all connections were found at the last poll.
    private(set) var isUp = false

    init(log: Logger) {
        self.log = log
    }

    /// What the kernel says of each link; without those whose connection isn't found.
    func read(
        _ snapshot: RingSnapshot, at now: MonotonicTime
    ) -> LinkReadings {
        guard let own = snapshot.ownMember else { return LinkReadings() }
        // Without counters there is nothing that would prove a match.
        let links = snapshot.links.filter { $0.traffic != nil }
        guard !links.isEmpty else {
            isUp = probe != nil || hasOpened()
            return LinkReadings()
        }
        guard probe != nil || hasOpened(), let probe else { return LinkReadings() }
        let readings: [LinkProbe.Reading?]
        do throws(ProbeFault) {
            readings = try probe.read(
                links.map(LinkProbe.Link.init), acceptedOn: own.port, at: now)
        } catch {
            complain(error)
            self.probe = nil
            return LinkReadings()
        }
        note(found: probe.foundCount, of: links.count)
        var result = LinkReadings()
        for index in links.indices {
            if let reading = readings[index] { result.add(reading, of: links[index]) }
        }
        return result
    }

    private func hasOpened() -> Bool {
        do throws(ProbeFault) {
            probe = LinkProbe(try NetlinkDiagnosis())
            return true
        } catch {
            complain(error)
            return false
        }
    }

    private func note(found: Int, of count: Int) {
        isUp = found == count
        fruitless = found == 0 ? fruitless + 1 : 0
        if found > 0, hasComplained {
            hasComplained = false
            log.notice("the kernel's view of the ring's links is there again")
        } else if fruitless == LinkWatch.patience {
            complain(
                ProbeFault(
                    message: "none of the links' connections is in this network namespace",
                    remedy: "run the exporter in the director's network namespace, or turn the "
                        + "probe off with --no-director.link-probe"))
        }
    }

    private func complain(_ fault: ProbeFault) {
        isUp = false
        guard !hasComplained else { return }
        hasComplained = true
        log.warning(
            "the kernel's view of the ring's links is missing: \(fault.message)",
            metadata: ["remedy": "\(fault.remedy)"])
    }
}

extension LinkProbe.Link {
    fileprivate init(_ link: Link) {
        self.init(
            peer: TCPEndpoint(address: link.member.address, port: link.member.port),
            isDialled: link.side == .right || link.side == .outgoing,
            bytesReceived: link.traffic?.bytesReceived ?? 0,
            bytesSent: link.traffic?.bytesSent ?? 0)
    }
}
