import Exposition
import Testing

@Suite struct FamilyWriterTests {
    private let gauge = MetricFamily(
        "x_seconds", .gauge, labels: ["a"], help: "Back\\slash, \"quote\"\nand newline.")
    private let counter = MetricFamily("x_total", .counter, help: "Count.")

    private func page(
        _ format: ExpositionFormat, _ body: (inout FamilyWriter) -> Void
    ) -> String {
        var writer = FamilyWriter(format)
        body(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func escapesLabelsAndHelp() {
        let labels = LabelSet(names: ["a"], values: ["back\\slash \"quote\" new\nline ü"])
        #expect(
            page(.text) {
                $0.begin(gauge)
                $0.sample(labels, UInt64(1))
            } == """
                # HELP x_seconds Back\\\\slash, "quote"\\nand newline.
                # TYPE x_seconds gauge
                x_seconds{a="back\\\\slash \\"quote\\" new\\nline ü"} 1

                """)
        #expect(page(.openMetrics) { $0.begin(gauge) }.contains("\\\"quote\\\""))
    }

    @Test func countersAreAnnouncedByFormat() {
        func body(_ writer: inout FamilyWriter) {
            writer.begin(counter)
            writer.sample(.none, UInt64(7))
        }
        #expect(page(.text, body) == "# HELP x_total Count.\n# TYPE x_total counter\nx_total 7\n")
        #expect(page(.openMetrics, body) == "# HELP x Count.\n# TYPE x counter\nx_total 7\n")
        #expect(ExpositionFormat.openMetrics.trailer == "# EOF\n")
    }

    @Test(arguments: [
        (0.0, "0"), (-0.0, "0"), (1.0, "1"), (-2.0, "-2"), (0.5, "0.5"), (1e-9, "0.000000001"),
        (1_795_494_901.125, "1795494901.125"), (9_007_199_254_740_991, "9007199254740991"),
        (1e300, "1e+300"), (Double.infinity, "+Inf"), (-Double.infinity, "-Inf"),
        (Double.nan, "NaN"),
    ])
    func numbers(_ value: Double, _ text: String) {
        let line = page(.text) {
            $0.begin(gauge)
            $0.sample(.none, value)
        }
        #expect(line.hasSuffix("x_seconds \(text)\n"))
    }

    /// Whatever a number is, its text is read back as the same one.
    @Test(arguments: [1.0, 1e3, 1e6, 1e9, 1e12, 3.0])
    func fractionsAreExact(_ scale: Double) {
        var dice = Dice(state: UInt64(scale))
        let values = (0..<2000).map { _ in
            // As many small ones as large ones.
            let digits = dice.next() >> UInt64.random(in: 0..<64, using: &dice)
            return Double(digits) / scale * (Bool.random(using: &dice) ? 1 : -1)
        }
        let line = page(.text) {
            $0.begin(gauge)
            for value in values { $0.sample(.none, value) }
        }
        let texts = line.split(separator: "\n").dropFirst(2).map { $0.split(separator: " ")[1] }
        #expect(texts.map { Double($0) } == values)
    }

    @Test func wholeNumbersOfAnySize() {
        let line = page(.text) {
            $0.begin(gauge)
            for value in [0, 9, 10, UInt64.max] { $0.sample(.none, value) }
            for value in [Int64.min, -1, Int64.max] { $0.sample(.none, value) }
            $0.sample(.none, true)
        }
        #expect(
            line.split(separator: "\n").dropFirst(2).map { $0.split(separator: " ")[1] } == [
                "0", "9", "10", "18446744073709551615", "-9223372036854775808", "-1",
                "9223372036854775807", "1",
            ])
    }
}
