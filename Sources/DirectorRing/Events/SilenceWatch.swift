import AdminProbe

/// How long neighbours have been silent, whatever happens to the wall clock.
///
/// The director stamps input with the wall clock. Its age is taken from that once, when a new stamp
/// is first seen, and grows with the monotonic clock from then on: setting the date makes no link
/// silent.
struct SilenceWatch: Sendable {
    private struct Heard: Sendable {
        var member: Member
        var stamp: Int64
        /// Seconds since the input when the stamp was first seen.
        var age: Double
        var seen: MonotonicTime
    }

    private var heard: [Side: Heard] = [:]
    private var lastObservation: MonotonicTime?

    mutating func observe(_ snapshot: RingSnapshot, at instant: EventTracker.Instant) {
        for side in [Side.left, .right] {
            guard let link = snapshot.link(on: side), let stamp = link.traffic?.lastInput else {
                heard[side] = nil
                continue
            }
            let known = heard[side]
            if let known, known.member == link.member, known.stamp == stamp { continue }
            var age = max(0, instant.wall - Double(stamp))
            if known?.member == link.member, let lastObservation {
                // The stamp moved since the last view, so the input is no older than that view.
                // Stamps are whole seconds.
                age = min(age, (instant.monotonic - lastObservation).inSeconds + 1)
            }
            heard[side] = Heard(
                member: link.member, stamp: stamp, age: age, seen: instant.monotonic)
        }
        lastObservation = instant.monotonic
    }

    /// Seconds without input from a neighbour. Nil where there is none, or it was never heard.
    func age(on side: Side, at instant: EventTracker.Instant) -> Double? {
        heard[side].map { $0.age + (instant.monotonic - $0.seen).inSeconds }
    }
}
