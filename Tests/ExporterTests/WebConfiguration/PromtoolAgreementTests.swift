import Foundation
import Testing
import TransportSecurity
import WebConfiguration

@testable import DirectorExporter

/// What the exporter takes, promtool takes; what promtool takes, the exporter takes too, but for a
/// list of files that it refuses for a reason.
@Suite(.enabled(if: Promtool.isThere)) struct PromtoolAgreementTests {
    /// A directory with a certificate, its key, and files to check.
    private final class Room {
        let path = "/tmp/dde-web-\(UUID().uuidString.prefix(8))"

        init() throws {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try OpenSSL.run(
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", path + "/server.key", "-out", path + "/server.crt", "-days", "2", "-subj",
                "/CN=localhost")
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        /// promtool's verdict on each file, in one run for many.
        func promtool(_ files: [(name: String, text: [UInt8])]) throws -> [String: Bool] {
            for (name, text) in files {
                try Data(text).write(to: URL(fileURLWithPath: "\(path)/\(name).yml"))
            }
            var verdicts: [String: Bool] = [:]
            for start in stride(from: 0, to: files.count, by: 200) {
                let names = files[start..<min(files.count, start + 200)].map(\.name)
                let output = try Promtool.run(
                    ["check", "web-config"] + names.map { "\(path)/\($0).yml" })
                for name in names {
                    let file = "\(path)/\(name).yml"
                    if output.contains("\(file) SUCCESS\n") { verdicts[name] = true }
                    if output.contains("\(file) FAILED: ") { verdicts[name] = false }
                }
            }
            return verdicts
        }

        /// The exporter's.
        func error(_ name: String) -> WebConfigurationError? {
            do throws(WebConfigurationError) {
                _ = try WebPolicy(file: "\(path)/\(name).yml", engine: BoringTLS())
                return nil
            } catch { return error }
        }
    }

    @Test func corpus() throws {
        let room = try Room()
        let verdicts = try room.promtool(ConfigurationCorpus.files)
        var refusals: Set<String> = []
        var accepted = 0
        for (name, _) in ConfigurationCorpus.files {
            let promtool: Bool = try #require(verdicts[name] as Bool?, "\(name)")
            let error = room.error(name)
            accepted += error == nil ? 1 : 0
            if promtool, let error {
                refusals.insert(name)
                #expect(ConfigurationCorpus.stricter[name] != nil, "\(name): \(error)")
            } else {
                #expect(promtool == (error == nil), "\(name): \(error?.description ?? "accepted")")
            }
            if let error { #expect(!error.description.contains("\n"), "\(name)") }
        }
        #expect(refusals == Set(ConfigurationCorpus.stricter.keys))
        #expect(accepted > 80)
    }

    /// Never more than promtool takes, whatever befalls a file; the same files each time.
    @Test func damagedFiles() throws {
        let room = try Room()
        let count = ProcessInfo.processInfo.environment["FULL_TESTS"] == "1" ? 8000 : 1000
        let good = try ConfigurationCorpus.files.filter {
            try Data($0.text).write(to: URL(fileURLWithPath: "\(room.path)/\($0.name).yml"))
            return room.error($0.name) == nil
        }.map(\.text)
        var dice = Dice(state: 20_261_130)
        let files = (0..<count).map { index in
            (name: "f\(index)", text: dice.damage(good.randomElement(using: &dice) ?? []))
        }
        let verdicts = try room.promtool(files)
        var accepted = 0
        for (name, text) in files where room.error(name) == nil {
            accepted += 1
            #expect(verdicts[name] == true, "\(String(decoding: text, as: UTF8.self))")
        }
        #expect(accepted > count / 50)
    }
}

extension Dice {
    private static let pieces = [
        "\n", "  ", ": ", "- ", "{", "}", "[", "]", ",", "&a ", "*a", "\"", "'", "|", ">", "#", "?",
        "!!str ", "~", "null", "\t", "---\n", "...\n", "<<: ", "%YAML 1.1\n", "\\", "\u{a0}",
        "\u{2028}", "\u{85}", "\r", "@", "`", ":", "\u{feff}", "\\x41", "y", "true", "0x1f", "\0",
    ]

    /// Damages a text.
    fileprivate mutating func damage(_ text: [UInt8]) -> [UInt8] {
        var text = text
        for _ in 0..<Int.random(in: 1...2, using: &self) {
            let place = Int.random(in: 0...text.count, using: &self)
            switch Int.random(in: 0..<4, using: &self) {
            case 0, 1:
                text.insert(contentsOf: Array(Dice.pieces.randomElement(using: &self)!.utf8), at: place)
            case 2: text.removeSubrange(place..<min(text.count, place + 2))
            default:
                if place < text.count { text[place] = UInt8.random(in: 0...255, using: &self) }
            }
        }
        return text
    }
}

/// The command that makes certificates and knows SipHash.
enum OpenSSL {
    @discardableResult
    static func run(_ arguments: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Promtool.Failure(description: "openssl \(arguments) failed")
        }
        return String(decoding: data, as: UTF8.self)
    }
}
