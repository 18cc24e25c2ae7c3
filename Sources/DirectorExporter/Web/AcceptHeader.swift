internal import Exposition

/// What a client would like to have, by its Accept and Accept-Encoding headers.
enum AcceptHeader {
    /// The format for a scrape: OpenMetrics where it is asked for by name in version 1.0.0 and
    /// liked no less than the text format, else text.
    static func format(_ values: [String]) -> ExpositionFormat {
        var openMetrics = 0.0
        var text = 0.0
        for item in items(values) {
            switch item.name {
            case "application/openmetrics-text":
                if item.parameters["version"] == "1.0.0" {
                    openMetrics = max(openMetrics, item.quality)
                }
            case "text/plain":
                if ["0.0.4", nil].contains(item.parameters["version"]) {
                    text = max(text, item.quality)
                }
            default: break
            }
        }
        return openMetrics > 0 && openMetrics >= text ? .openMetrics : .text
    }

    /// Whether the client reads gzip.
    static func allowsGzip(_ values: [String]) -> Bool {
        var wildcard = 0.0
        for item in items(values) {
            switch item.name {
            case "gzip", "x-gzip": return item.quality > 0
            case "*": wildcard = item.quality
            default: break
            }
        }
        return wildcard > 0
    }

    private struct Item {
        var name: String
        var parameters: [String: String] = [:]
        /// From 0 to 1; 0 where it is malformed.
        var quality = 1.0
    }

    private static func items(_ values: [String]) -> [Item] {
        values.flatMap { $0.split(separator: ",") }.map { text in
            let parts = text.split(separator: ";").map { trimmed($0) }
            var item = Item(name: parts.first?.lowercased() ?? "")
            for part in parts.dropFirst() {
                guard let equals = part.firstIndex(of: "=") else { continue }
                let name = trimmed(part[..<equals]).lowercased()
                var value = trimmed(part[part.index(after: equals)...])
                if value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") {
                    value = String(value.dropFirst().dropLast())
                }
                if name == "q" {
                    item.quality = Double(value).map { (0...1).contains($0) ? $0 : 0 } ?? 0
                } else {
                    item.parameters[name] = value
                }
            }
            return item
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }

    private static func trimmed(_ text: String) -> String { trimmed(text[...]) }
}
