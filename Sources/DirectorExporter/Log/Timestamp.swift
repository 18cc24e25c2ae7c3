internal import Glibc

/// Points in time as text, always UTC.
enum Timestamp {
    /// Epoch seconds now, in whole microseconds: that is what a number of this size holds anyway.
    static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec * 1_000_000 + time.tv_nsec / 1000) / 1e6
    }

    /// RFC 3339 with milliseconds: `2026-11-25T09:28:56.123Z`.
    static func text(_ epoch: Double) -> String {
        // What no calendar has, and what is no number, is the beginning.
        let milliseconds = epoch.magnitude < 1e12 ? Int64(epoch * 1000) : 0
        let parts = components(milliseconds / 1000)
        return "\(digits(Int(parts.tm_year) + 1900, 4))-\(digits(Int(parts.tm_mon) + 1, 2))-"
            + "\(digits(Int(parts.tm_mday), 2))T\(clock(parts))."
            + "\(digits(Int(milliseconds % 1000), 3))Z"
    }

    /// As HTTP wants it: `Wed, 25 Nov 2026 09:28:56 GMT`.
    static func httpDate(_ epoch: Double) -> String {
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let parts = components(Int64(epoch))
        return "\(days[Int(parts.tm_wday)]), \(digits(Int(parts.tm_mday), 2)) "
            + "\(months[Int(parts.tm_mon)]) \(digits(Int(parts.tm_year) + 1900, 4)) "
            + "\(clock(parts)) GMT"
    }

    private static func components(_ seconds: Int64) -> tm {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        return parts
    }

    private static func clock(_ parts: tm) -> String {
        [parts.tm_hour, parts.tm_min, parts.tm_sec].map { digits(Int($0), 2) }
            .joined(separator: ":")
    }

    private static func digits(_ number: Int, _ width: Int) -> String {
        let text = "\(abs(number))"
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
