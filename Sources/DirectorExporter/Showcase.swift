public import DirectorRing
internal import Exposition
internal import Logging
package import NIOCore
internal import NIOPosix

/// The exporter's page and its HTTP server, showing views that it is given instead of a director's.
/// For benchmarks, which live outside of this package, and for what feeds it with odd input.
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
        let record = record(of: snapshot, hashShares)
        let page = MetricsPage(record)
        board.publish(page)
        board.publish(status: "", snapshot: record)
        return page.pieces(in: .text).reduce(0) { $0 + $1.count }
    }

    /// The page of a view, in the text format.
    package func page(of snapshot: RingSnapshot, hashShares: HashShares?) -> [UInt8] {
        let page = MetricsPage(record(of: snapshot, hashShares))
        return page.bytes(in: .text)
    }

    /// Pages that follow on each other, in the text format.
    package struct Pages {
        fileprivate let showcase: Showcase
        fileprivate var last: MetricsPage?

        package mutating func next(_ snapshot: RingSnapshot, hashShares: HashShares?) -> [UInt8] {
            let page = MetricsPage(showcase.record(of: snapshot, hashShares), after: last)
            last = page
            return page.bytes(in: .text)
        }
    }

    package func pages() -> Pages { Pages(showcase: self) }

    private func record(of snapshot: RingSnapshot, _ hashShares: HashShares?) -> PollRecord {
        var record = PollRecord(expected: [], startTime: startTime)
        record.observation = PollRecord.Observation(
            snapshot: snapshot, duration: .milliseconds(1), hashShares: hashShares)
        record.lastSuccess = startTime
        record.lastKnownDirector = snapshot.ownMember
        return record
    }

    /// Puts the server's handlers into a channel, as into a connection's.
    ///
    /// There is no workshop: pages that are made there are answered as failed.
    package func attach(to channel: any Channel) throws {
        let startTime = startTime
        let log = Logger(label: "showcase") { _ in SwiftLogNoOpLogHandler() }
        let reloading = ReloadDesk(file: nil, startTime: startTime, log: log) {}
        let workshop = NIOThreadPool(numberOfThreads: 1)
        let metrics = MetricsResponder(board: board, workshop: workshop) {
            ScrapeTail(
                startTime: startTime, eventsPending: 0, stateWriteFailures: 0,
                reload: reloading.result)
        }
        let site = Site(
            options: Options(), board: board, workshop: workshop, metrics: metrics,
            connections: ConnectionRegistry(limit: 8, limits: ConnectionState.Limits()),
            reloading: reloading, log: log, loop: channel.eventLoop)
        try site.prepare(channel).wait()
    }

    /// Serves what is shown on a port of the loopback address, until the process ends.
    ///
    /// - Returns: the port.
    public func serve() throws(Fault) -> UInt16 {
        let startTime = startTime
        let log = Logger(label: "showcase") { _ in SwiftLogNoOpLogHandler() }
        let reloading = ReloadDesk(file: nil, startTime: startTime, log: log) {}
        do {
            let server = try WebServer(
                options: Options(), board: board, reloading: reloading, log: log
            ) {
                ScrapeTail(
                    startTime: startTime, eventsPending: 0, stateWriteFailures: 0,
                    reload: reloading.result)
            }
            server.apply(try reloading.first())
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
