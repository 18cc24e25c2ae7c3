internal import AdminProbe
internal import Benchmark
internal import DirectorExporter
internal import DirectorRing

/// What a row costs at each size of a list. It should stay the same from the smallest to the
/// largest: then the whole is linear.
private let perRow = BenchmarkMetric.custom("ns per row", polarity: .prefersSmaller)

extension Benchmark {
    /// Measures one pass over `rows` rows: as time, and per row.
    fileprivate func pass<Result>(rows: Int, _ body: () throws -> Result) rethrows {
        for _ in scaledIterations {
            let start = MonotonicTime.now()
            Self.blackHole(try body())
            let took = MonotonicTime.now() - start
            measurement(perRow, Int(took.inNanoseconds) / max(1, rows))
        }
    }
}

private let sizes = [100, 1_000, 10_000, 100_000]
private let rings = [
    SampleRing(members: 5, backends: 50), SampleRing(members: 50, backends: 10_000),
    SampleRing(members: 50, backends: 100_000),
]

let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .cpuTotal, perRow], warmupIterations: 3, maxDuration: .seconds(2),
        maxIterations: 10_000)
    parsing()
    understanding()
    rendering()
    hashing()
    scraping()
}

private func parsing() {
    for count in sizes {
        Benchmark("parse HOST-LIST, \(count) rows") { benchmark in
            let bytes = SampleRing(members: 1, backends: count).hostList() + Array("\n".utf8)
            benchmark.startMeasurement()
            try benchmark.pass(rows: count) {
                // A stream of its own: what was read before isn't read again.
                var stream = AdminStream()
                return try stream.reply(to: bytes)
            }
        }
        Benchmark("read HOST-LIST again, nothing new, \(count) rows") { benchmark in
            let bytes = SampleRing(members: 1, backends: count).hostList() + Array("\n".utf8)
            var stream = AdminStream()
            _ = try stream.reply(to: bytes)
            benchmark.startMeasurement()
            try benchmark.pass(rows: count) { try stream.reply(to: bytes) }
        }
        Benchmark("parse DIRECTOR-LIST, \(count) rows") { benchmark in
            let bytes = Array("\n".utf8) + SampleRing(members: count, backends: 0).directorList()
            benchmark.startMeasurement()
            try benchmark.pass(rows: count) {
                var stream = AdminStream()
                return try stream.reply(to: bytes)
            }
        }
    }
}

private func understanding() {
    for ring in rings {
        Benchmark("snapshot, \(ring.name)") { benchmark in
            let reply = try ring.reply()
            benchmark.startMeasurement()
            benchmark.pass(rows: ring.backends) { RingSnapshot(reply) }
        }
        Benchmark("diff, nothing new, \(ring.name)") { benchmark in
            let snapshot = RingSnapshot(try ring.reply())
            var tracker = EventTracker()
            let instant = EventTracker.Instant(wall: 1_795_000_100, monotonic: .now())
            _ = tracker.observe(snapshot, connectionEnded: false, at: instant)
            benchmark.startMeasurement()
            benchmark.pass(rows: ring.backends) {
                tracker.observe(snapshot, connectionEnded: false, at: instant)
            }
        }
        Benchmark("diff, every backend's state changed, \(ring.name)") { benchmark in
            let views = [
                RingSnapshot(try ring.reply(isUp: true)), RingSnapshot(try ring.reply(isUp: false)),
            ]
            var tracker = EventTracker()
            let instant = EventTracker.Instant(wall: 1_795_000_100, monotonic: .now())
            _ = tracker.observe(views[0], connectionEnded: false, at: instant)
            var turn = 0
            benchmark.startMeasurement()
            benchmark.pass(rows: ring.backends) {
                turn ^= 1
                return tracker.observe(views[turn], connectionEnded: false, at: instant)
            }
        }
    }
}

private func rendering() {
    for ring in rings {
        Benchmark("render, \(ring.name)") { benchmark in
            let reply = try ring.reply()
            let snapshot = RingSnapshot(reply)
            let shares = HashShares(reply.hosts)
            let showcase = Showcase()
            benchmark.startMeasurement()
            benchmark.pass(rows: ring.backends) { showcase.show(snapshot, hashShares: shares) }
        }
    }
}

private func hashing() {
    for ring in rings.dropLast() {
        Benchmark("hash shares, \(ring.name), 100 vhosts each") { benchmark in
            let rows = try ring.reply().hosts
            benchmark.startMeasurement()
            benchmark.pass(rows: ring.backends) { HashShares(rows) }
        }
    }
}

private func scraping() {
    for ring in rings.dropLast() {
        Benchmark(
            "scrape, one connection, \(ring.name)",
            configuration: .init(
                metrics: [.wallClock, .cpuTotal, .throughput], warmupIterations: 10,
                maxDuration: .seconds(2), maxIterations: 100_000)
        ) { benchmark in
            let reply = try ring.reply()
            let showcase = Showcase()
            showcase.show(RingSnapshot(reply), hashShares: nil)
            let client = try ScrapeClient(port: try showcase.serve())
            benchmark.startMeasurement()
            for _ in benchmark.scaledIterations { blackHole(try client.scrape()) }
        }
    }
}
