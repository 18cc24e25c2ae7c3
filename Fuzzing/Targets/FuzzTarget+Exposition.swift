internal import Exposition

extension FuzzTarget {
    /// Texts, separated by zero bytes: what is written reads back the same.
    static func exposition(_ bytes: [UInt8]) throws(FuzzFinding) {
        var texts = bytes.split(separator: 0, maxSplits: 4, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        let help = texts.removeFirst()
        let names = texts.indices.map { "label_\($0)" }
        let family = MetricFamily("x_seconds", .gauge, labels: names, help: help)
        let number = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let value = Double(bitPattern: number)
        var writer = FamilyWriter(.text)
        writer.begin(family)
        writer.sample(LabelSet(names: names, values: texts), number)
        let signed = MetricFamily("y_seconds", .gauge, help: "")
        writer.begin(signed)
        writer.sample(.none, value)

        let page = try ExpositionPage(writer.bytes)
        try expect(page.help["x_seconds"] == help, "HELP became another text")
        try expect(page.samples.count == 2, "there are \(page.samples.count) samples")
        try expect(
            page.samples[0].labels.map(\.value).elementsEqual(texts) {
                $0.unicodeScalars.elementsEqual($1.unicodeScalars)
            }, "a label became another text")
        try expect(UInt64(page.samples[0].value) == number, "a whole number became another one")
        let read = Double(page.samples[1].value)
        try expect(value.isNaN || read == value, "\(value) became \(page.samples[1].value)")
    }
}
