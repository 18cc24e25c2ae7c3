internal import AdminProbe
internal import Glibc
internal import SimulatedDirector

/// The wall clock at the start, carried on by the clock that no one sets: setting the date moves
/// nothing in the ring.
struct SimulatorClock {
    private let offset: Int64

    init() {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let wall = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        offset = wall - MonotonicTime.now().nanoseconds
    }

    func now() -> Moment {
        Moment(nanoseconds: MonotonicTime.now().nanoseconds + offset)
    }
}

