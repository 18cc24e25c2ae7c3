internal import AdminProbe
internal import DirectorRing
internal import Exposition

/// A rendered page but for what is read anew at each scrape.
///
/// It is made of parts. What a part tells mostly stays the same from poll to poll; then the next page
/// has the very same part, and nothing is rendered or copied.
struct MetricsPage: Sendable {
    /// The poll itself.
    let poll: [UInt8]
    /// The ring and its links; nil while the director can't be asked, as the next two.
    let ring: RenderedPart<RingMark>?
    let connections: RenderedPart<ConnectionsMark>?
    let backends: RenderedBackends?
    let exporter: RenderedPart<ExporterMark>
    /// The counters, which each format announces in its own way.
    let textCounters: RenderedPart<CountersMark>
    let openMetricsCounters: RenderedPart<CountersMark>

    /// What follows on each other.
    func pieces(in format: ExpositionFormat) -> [[UInt8]] {
        let counters =
            switch format {
            case .text: textCounters
            case .openMetrics: openMetricsCounters
            }
        return gauges + [counters.bytes]
    }

    func bytes(in format: ExpositionFormat) -> [UInt8] {
        let pieces = pieces(in: format)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(pieces.reduce(0) { $0 + $1.count })
        for piece in pieces { bytes += piece }
        return bytes
    }

    /// The gauges: the same bytes in every format.
    private var gauges: [[UInt8]] {
        [
            poll, ring?.bytes ?? [], connections?.bytes ?? [], backends?.view ?? [],
            backends?.users ?? [], backends?.rest ?? [], exporter.bytes,
        ]
    }
}

/// Families of a page, and what tells whether they still hold.
struct RenderedPart<Mark: Equatable & Sendable>: Sendable {
    /// Equal as long as the same would be rendered.
    let mark: Mark
    let bytes: [UInt8]

    /// - Parameter last: is taken as it is where its mark is the same.
    init(
        _ mark: Mark, after last: RenderedPart?, in format: ExpositionFormat = .text,
        _ render: (inout FamilyWriter) -> Void
    ) {
        if let last, last.mark == mark {
            self = last
            return
        }
        var writer = FamilyWriter(format, capacity: (last?.bytes.count ?? 4096) + 256)
        render(&writer)
        self.mark = mark
        bytes = writer.bytes
    }
}

/// What the ring's families are rendered of.
struct RingMark: Equatable {
    let ring: RingSnapshot.RingSource
    let unsyncedSince: Double?
}

/// What the families of the kernel's view are rendered of.
struct ConnectionsMark: Equatable {
    let readings: LinkReadings
    /// Of the poll, where a sample is counted back from it.
    let time: Double?
}

/// What the exporter's own families are rendered of.
struct ExporterMark: Equatable {
    let lastKnownDirector: Member?
    let isLinkProbeUp: Bool?
}

/// What the counters are rendered of.
struct CountersMark: Equatable {
    let failures: [AdminFault.Reason: UInt64]
    let rejectedHosts: UInt64
    let rejectedDirectors: UInt64
    let events: [EventKind: UInt64]
    let ring: RingSnapshot.RingSource?
    let readings: LinkReadings
}
