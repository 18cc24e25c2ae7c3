/// Reads a page in the text format as its specification says, and knows nothing of the writer.
struct ExpositionPage {
    struct Sample: Equatable {
        var name: String
        /// In the order of the page.
        var labels: [(name: String, value: String)]
        var value: String

        static func == (a: Sample, b: Sample) -> Bool {
            a.name == b.name && a.value == b.value
                && a.labels.elementsEqual(b.labels) { $0.name == $1.name && $0.value == $1.value }
        }
    }

    private(set) var samples: [Sample] = []
    /// By family.
    private(set) var help: [String: String] = [:]

    /// - Throws: what isn't as the format wants it, or a series that is there twice.
    init(_ bytes: [UInt8]) throws(FuzzFinding) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw FuzzFinding("the page is not UTF-8")
        }
        try expect(text.isEmpty || bytes.last == UInt8(ascii: "\n"), "the last line has no end")
        var family: String?
        var series: Set<String> = []
        for line in text.unicodeScalars.split(separator: "\n") {
            var scanner = Scanner(line)
            if scanner.skip("# HELP ") {
                family = try scanner.name()
                try expect(scanner.skip(" "), "HELP without a text: \(String(line))")
                let text = try scanner.unescaped(until: nil)
                try expect(help.updateValue(text, forKey: family ?? "") == nil, "HELP twice")
            } else if scanner.skip("# TYPE ") {
                let name = try scanner.name()
                try expect(name == family, "TYPE of another family than HELP: \(name)")
            } else {
                let sample = try Sample(&scanner)
                try expect(sample.name == family, "a sample outside of its family: \(sample.name)")
                let key = String(line.prefix(line.count - sample.value.unicodeScalars.count))
                try expect(series.insert(key).inserted, "a series twice: \(key)")
                samples.append(sample)
            }
        }
    }
}

extension ExpositionPage.Sample {
    fileprivate init(_ scanner: inout Scanner) throws(FuzzFinding) {
        name = try scanner.name()
        labels = []
        if scanner.skip("{") {
            repeat {
                let name = try scanner.name()
                try expect(scanner.skip("=\""), "a label without a value")
                labels.append((name, try scanner.unescaped(until: "\"")))
            } while scanner.skip(",")
            try expect(scanner.skip("}"), "labels without an end")
        }
        try expect(scanner.skip(" "), "a sample without a value")
        value = scanner.rest
        let isNumber = Double(value) != nil || ["NaN", "+Inf", "-Inf"].contains(value)
        try expect(isNumber, "no number: \(value)")
    }
}

/// Takes a line apart. By scalars: a line's end may be half a character.
private struct Scanner {
    private var scalars: Substring.UnicodeScalarView

    init(_ line: Substring.UnicodeScalarView) {
        scalars = line
    }

    var rest: String { String(scalars) }

    mutating func skip(_ text: String) -> Bool {
        guard scalars.starts(with: text.unicodeScalars) else { return false }
        scalars = scalars.dropFirst(text.unicodeScalars.count)
        return true
    }

    mutating func name() throws(FuzzFinding) -> String {
        let name = scalars.prefix {
            switch $0 {
            case "a"..."z", "A"..."Z", "0"..."9", "_": true
            default: false
            }
        }
        try expect(!name.isEmpty, "a name is missing before: \(rest)")
        scalars = scalars.dropFirst(name.count)
        return String(name)
    }

    /// A text in which a backslash stands before a backslash, a quote or an `n`.
    mutating func unescaped(until end: Unicode.Scalar?) throws(FuzzFinding) -> String {
        var text = String.UnicodeScalarView()
        while let scalar = scalars.popFirst() {
            if scalar == end { return String(text) }
            guard scalar == "\\" else {
                text.append(scalar)
                continue
            }
            switch scalars.popFirst() {
            case "n"?: text.append("\n")
            case "\\"?: text.append("\\")
            case "\""?: text.append("\"")
            default: throw FuzzFinding("a backslash before nothing that it may stand before")
            }
        }
        try expect(end == nil, "a text without an end")
        return String(text)
    }
}
