public import DirectorRing
internal import Glibc

/// The exporter's page and its HTTP server, showing views that it is given instead of a director's.
/// For benchmarks, which live outside of this package.
public final class Showcase: Sendable {
    /// Why nothing is served.
    public struct Fault: Error, CustomStringConvertible {
        public let description: String
    }

    private let board = Board()
    private let startTime = Timestamp.now()

    public init() {}

    /// Renders a view and puts its page where scrapes find it, as a poll does.
    ///
    /// - Parameter hashShares: of the same view's rows; nil to leave them out.
    /// - Returns: how many bytes the page has, in the text format and without what is added at each
    ///   scrape.
    @discardableResult
    public func show(_ snapshot: RingSnapshot, hashShares: HashShares?) -> Int {
        var record = PollRecord(expected: [], startTime: startTime)
        record.observation = PollRecord.Observation(
            snapshot: snapshot, duration: .milliseconds(1), hashShares: hashShares)
        record.lastSuccess = startTime
        record.lastKnownDirector = snapshot.ownMember
        let page = MetricsPage(record)
        board.publish(page)
        board.publish(status: "", snapshot: record)
        return page.gauges.count + page.textCounters.count
    }

    /// Serves what is shown on a port of the loopback address, until the process ends.
    ///
    /// - Returns: the port.
    public func serve() throws(Fault) -> UInt16 {
        let startTime = startTime
        do {
            let server = try WebServer(options: Options(), board: board) {
                ScrapeTail(startTime: startTime, eventsPending: 0, stateWriteFailures: 0)
            }
            let bound = try server.listen(on: .host("127.0.0.1", port: 0))
            guard let port = UInt16(bound.split(separator: ":").last ?? "") else {
                throw Fault(description: "no port in \(bound)")
            }
            return port
        } catch {
            throw Fault(description: "\(error)")
        }
    }
}
