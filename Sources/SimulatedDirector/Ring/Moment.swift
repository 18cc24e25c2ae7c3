internal import AdminProbe

/// A point on the clock that the simulated directors have: what Dovecot takes from the wall clock.
package struct Moment: Hashable, Sendable, Comparable {
    /// Since the epoch.
    package let nanoseconds: Int64

    package init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    package init(seconds: Int64) {
        nanoseconds = seconds * 1_000_000_000
    }

    /// Whole seconds since the epoch, as a director keeps its times.
    package var seconds: Int64 { nanoseconds / 1_000_000_000 }

    package static func < (a: Moment, b: Moment) -> Bool { a.nanoseconds < b.nanoseconds }

    package static func + (moment: Moment, span: Duration) -> Moment {
        let (sum, overflowed) = moment.nanoseconds.addingReportingOverflow(span.inNanoseconds)
        return Moment(nanoseconds: overflowed ? .max : sum)
    }

    package static func - (a: Moment, b: Moment) -> Duration {
        .nanoseconds(a.nanoseconds - b.nanoseconds)
    }

    /// The whole milliseconds from another moment to this one.
    func milliseconds(since other: Moment) -> Int64 {
        (nanoseconds - other.nanoseconds) / 1_000_000
    }
}
