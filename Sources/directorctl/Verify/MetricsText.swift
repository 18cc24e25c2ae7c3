/// A line of the Prometheus text format: a name, its labels and its value.
struct MetricSample: Equatable {
    var name: String
    var labels: [String: String]
    var value: Double

    /// Nil for comments, empty lines, and what isn't a sample.
    init?(_ line: String) {
        var rest = line[...]
        let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") }
        guard let first = name.first, !first.isNumber else { return nil }
        rest = rest.dropFirst(name.count)
        var labels: [String: String] = [:]
        if rest.first == "{" {
            rest.removeFirst()
            while rest.first != "}" {
                guard let label = MetricSample.label(&rest) else { return nil }
                labels[label.name] = label.value
                if rest.first == "," { rest.removeFirst() }
            }
            rest.removeFirst()
        }
        // A timestamp may stand behind the value.
        guard let value = rest.split(separator: " ").first.flatMap({ Double($0) }) else { return nil }
        self.name = String(name)
        self.labels = labels
        self.value = value
    }

    /// `name="value"`, with the escapes of the format.
    private static func label(_ rest: inout Substring) -> (name: String, value: String)? {
        guard let equals = rest.firstIndex(of: "=") else { return nil }
        let name = String(rest[..<equals])
        rest = rest[rest.index(after: equals)...]
        guard rest.popFirst() == "\"" else { return nil }
        var value = ""
        while let character = rest.popFirst() {
            switch character {
            case "\"": return (name, value)
            case "\\":
                guard let escaped = rest.popFirst() else { return nil }
                value.append(escaped == "n" ? "\n" : escaped)
            default: value.append(character)
            }
        }
        return nil
    }
}
