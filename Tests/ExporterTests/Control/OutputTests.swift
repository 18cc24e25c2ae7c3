import Foundation
import Testing

@testable import directorctl

/// The forms of rows, without a director. That they are doveadm's is shown by the differential test.
@Suite struct OutputTests {
    /// What a formatter prints of rows.
    private func print(_ titles: [String], _ rows: [[String]], width: Int) throws -> String {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("dde-\(UUID().uuidString)").path
        let file = open(path, O_CREAT | O_RDWR, 0o600)
        defer {
            close(file)
            unlink(path)
        }
        let output = OutputStream(descriptor: file)
        let formatter = TableFormatter(output: output, hidesTitles: false, width: width)
        for title in titles { formatter.add(Column(title)) }
        for value in rows.joined() { formatter.print(Array(value.utf8).span) }
        formatter.finish()
        output.flush()
        return try String(contentsOfFile: path, encoding: .utf8)
    }

    @Test func tableWidensItsLastColumn() throws {
        #expect(
            try print(["a", "bb"], [["1", "2"], ["long", "é"]], width: 17)
                == "a    bb     \n1    2      \nlong é      \n")
    }

    @Test func tableCutsNothing() throws {
        let text = try print(["a", "b"], [["0123456789", "0123456789"]], width: 12)
        #expect(text.contains("0123456789 0123456789"))
    }

    @Test func tableMeasuresTheFirstHundredRows() throws {
        let rows = (0..<150).map { [$0 == 120 ? "a very long value" : "x", "y"] }
        let lines = try print(["a", "b"], rows, width: 5).split(separator: "\n")
        #expect(lines.count == 151)
        #expect(lines[1] == "x y ")
        #expect(lines[121] == "a very long value y ")
    }

    @Test func emptyTableHasTitles() throws {
        #expect(try print(["a", "b"], [], width: 5) == "a b \n")
        #expect(try print([], [], width: 5) == "")
    }

    @Test func characters() {
        #expect(UTF8Text.tableLength(Array("é€😀".utf8).span) == 3)
        // A character that is cut off counts no more, and a stray byte is one.
        let broken: [UInt8] = [0xff, 0x80, 0xc3]
        #expect(UTF8Text.tableLength(broken.span) == 2)
        for bytes: [UInt8] in [[0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]] {
            #expect(UTF8Text.scalarLength(bytes.span, at: 0) == 0)
        }
        #expect(UTF8Text.scalarLength(Array("€".utf8).span, at: 0) == 3)
    }
}

@Suite struct CommandLineWordsTests {
    private func find(_ words: String...) -> (String, [String])? {
        CommandFinder.find(words.map { Array($0.utf8) }).map { command, rest in
            (command.name, rest.map { String(decoding: $0, as: UTF8.self) })
        }
    }

    @Test func wordsMakeACommand() {
        #expect(find("status", "-a", "x")! == ("status", ["status", "-a", "x"]))
        #expect(find("director", "status")! == ("status", ["status"]))
        #expect(find("director status")! == ("status", ["director status"]))
        #expect(find("ring", "add", "1")! == ("ring add", ["add", "1"]))
        #expect(find("director", "ring add")! == ("ring add", ["ring add"]))
        for words in [["stat"], ["statuss"], ["ring"], ["ring", "x"], [""], [], ["director"]] {
            #expect(CommandFinder.find(words.map { Array($0.utf8) }) == nil, "\(words)")
        }
    }

    @Test func optionsMayStandAnywhere() throws {
        let parsed = try OptionParser.parse(
            ["status", "user", "-a", "x", "--tag=t", "--", "-a"].map { Array($0.utf8) },
            Command.all.first { $0.name == "status" }!.optionsAndPositionals)
        #expect(parsed.options.map(\.name) == ["socket-path", "tag"])
        #expect(parsed.positionals.map { String(decoding: $0, as: UTF8.self) } == ["user", "-a"])
    }

    @Test(arguments: [
        ("5", 5000), ("300ms", 300), ("2m", 120_000), ("1h", 3_600_000), ("24h", 86_400_000),
    ]) func times(_ text: String, _ milliseconds: Int) {
        #expect(TimeSpan.parse(text) == .milliseconds(milliseconds))
    }

    @Test(arguments: ["", "0", "-1", "x", "5x", "1.5s", "25h", "99999999999"])
    func noTimes(_ text: String) {
        #expect(TimeSpan.parse(text) == nil)
    }

    @Test func samplesOfAPage() {
        let sample = MetricSample("a_total{x=\"1\",y=\"a\\\"b\\\\c\\nd\"} 2.5 1700000000")
        #expect(sample?.name == "a_total" && sample?.value == 2.5)
        #expect(sample?.labels == ["x": "1", "y": "a\"b\\c\nd"])
        for line in ["", "# HELP a b", "a", "a{", "a{x=\"1} 1", "1a 1", "a{x=\"1\"} x"] {
            #expect(MetricSample(line) == nil, "\(line)")
        }
    }

    @Test func keys() {
        #expect(Key.read(Array("q".utf8)) == [.quit])
        #expect(Key.read(Array("\u{1b}[A\u{1b}[B\u{1b}[5~\u{1b}[6~j".utf8)) == [.up, .down, .pageUp, .pageDown, .down])
        #expect(Key.read([0x1b]) == [.quit])
        #expect(Key.read(Array("xyz\u{1b}[99X".utf8)) == [])
    }
}
