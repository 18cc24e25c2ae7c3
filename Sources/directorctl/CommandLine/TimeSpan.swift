/// A time on the command line: a number of seconds, or a number with `ms`, `s`, `m` or `h`.
enum TimeSpan {
    /// Nil for what isn't one, for 0, and for more than a day.
    static func parse(_ text: String) -> Duration? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = UInt32(digits), number > 0 else { return nil }
        let milliseconds: Int64 =
            switch text.dropFirst(digits.count) {
            case "ms": 1
            case "", "s": 1_000
            case "m": 60_000
            case "h": 3_600_000
            default: 0
            }
        let total = Int64(number) * milliseconds
        return total > 0 && total <= 86_400_000 ? .milliseconds(total) : nil
    }
}
