internal import AdminProbe
internal import Exposition
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Makes the answers to scrapes. Lives on the event loop; compresses elsewhere.
///
/// An answer is bytes that many scrapes share: they are made anew when the poll loop has published
/// a page, and when the process's own figures are a second old.
final class MetricsResponder {
    private struct Key: Hashable {
        var format: ExpositionFormat
        var isCompressed: Bool
    }

    private struct Cached {
        var buffer: ByteBuffer
        var headLength: Int
        var generation: UInt64
        var made: MonotonicTime
    }

    /// A page's compressed part, without what is read at each scrape.
    private struct CompressedPage {
        var generation: UInt64
        var part: Gzip.Part
    }

    static let tailLifetime = Duration.seconds(1)

    private let board: Board
    private let tail: @Sendable () -> ScrapeTail
    private let workshop: NIOThreadPool
    /// What every answer carries.
    var fixed = FixedHeaders() {
        didSet { cache = [:] }
    }
    private var cache: [Key: Cached] = [:]
    private var compressed: [ExpositionFormat: CompressedPage] = [:]
    /// Compressions that are under way.
    private(set) var running = 0

    init(board: Board, workshop: NIOThreadPool, tail: @escaping @Sendable () -> ScrapeTail) {
        self.board = board
        self.workshop = workshop
        self.tail = tail
    }

    /// An answer that is there already; nil where one has to be made.
    ///
    /// - Returns: the head and the body; the body begins behind `headLength` bytes.
    func ready(_ head: HTTPRequestHead) -> (buffer: ByteBuffer, headLength: Int)? {
        let key = key(for: head)
        let contents = board.read()
        let now = MonotonicTime.now()
        if let cached = cache[key], cached.generation == contents.generation,
            now - cached.made < MetricsResponder.tailLifetime
        {
            return (cached.buffer, cached.headLength)
        }
        guard !key.isCompressed else { return nil }
        return store(
            contents.pieces(in: key.format) + [tail().rendered(in: key.format)], as: key,
            generation: contents.generation)
    }

    /// Compresses a page elsewhere.
    func compress(
        _ head: HTTPRequestHead, on loop: any EventLoop
    ) -> EventLoopFuture<(buffer: ByteBuffer, headLength: Int)> {
        let key = key(for: head)
        let contents = board.read()
        let format = key.format
        let known = compressed[format].flatMap {
            $0.generation == contents.generation ? $0.part : nil
        }
        let tail = tail().rendered(in: format)
        running += 1
        let work = workshop.runIfActive(eventLoop: loop) { () -> (Gzip.Part, [UInt8]) in
            guard
                let first = known
                    ?? Gzip.part(contents.pieces(in: format), isLast: false),
                let last = Gzip.part([tail], isLast: true)
            else { throw OutOfMemory() }
            return (first, Gzip.stream(first, last))
        }
        return work.assumeIsolated().map { first, stream in
            self.running -= 1
            self.compressed[format] = CompressedPage(generation: contents.generation, part: first)
            return self.store([stream], as: key, generation: contents.generation)
        }.flatMapErrorThrowing { error in
            self.running -= 1
            throw error
        }.nonisolated()
    }

    private struct OutOfMemory: Error {}

    private func key(for head: HTTPRequestHead) -> Key {
        Key(
            format: AcceptHeader.format(head.headers["Accept"]),
            isCompressed: AcceptHeader.allowsGzip(head.headers["Accept-Encoding"]))
    }

    private func store(
        _ pieces: [[UInt8]], as key: Key, generation: UInt64
    ) -> (buffer: ByteBuffer, headLength: Int) {
        let length = pieces.reduce(0) { $0 + $1.count }
        var headers = ["Vary: Accept, Accept-Encoding"]
        if key.isCompressed { headers.append("Content-Encoding: gzip") }
        let head = HTTPAnswer.head(
            .ok, contentType: key.format.contentType, length: length, headers: headers,
            date: Timestamp.httpDate(Timestamp.now()), closes: false, fixed: fixed)
        var buffer = ByteBuffer()
        buffer.reserveCapacity(head.utf8.count + length)
        buffer.writeString(head)
        for piece in pieces { buffer.writeBytes(piece) }
        // Pages that nobody can be given any more only take room.
        cache = cache.filter { $0.value.generation == generation }
        compressed = compressed.filter { $0.value.generation == generation }
        cache[key] = Cached(
            buffer: buffer, headLength: head.utf8.count, generation: generation, made: .now())
        return (buffer, head.utf8.count)
    }
}
