/// Durations as Prometheus writes them: `500ms`, `1s`, `2m`, `1h30m`.
enum PrometheusDuration {
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("y", 365 * 86_400_000), ("w", 7 * 86_400_000), ("d", 86_400_000), ("h", 3_600_000),
        ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]

    /// Parses a duration. Each unit at most once, from the largest to the smallest; a bare `0` is
    /// the only number without a unit. Nil for anything else.
    static func parse(_ text: String) -> Duration? {
        if text == "0" { return .zero }
        var rest = text[...]
        var total: Int64 = 0
        var allowed = units[...]
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            let unit = rest.dropFirst(digits.count).prefix { $0.isASCII && $0.isLetter }
            guard let number = Int64(digits),
                let index = allowed.firstIndex(where: { $0.name == unit })
            else { return nil }
            let (product, overflowed) = number.multipliedReportingOverflow(
                by: allowed[index].milliseconds)
            let (sum, carried) = total.addingReportingOverflow(product)
            if overflowed || carried { return nil }
            total = sum
            allowed = allowed[(index + 1)...]
            rest = rest.dropFirst(digits.count + unit.count)
        }
        return .milliseconds(total)
    }
}
