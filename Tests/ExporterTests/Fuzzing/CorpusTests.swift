import Foundation
import FuzzTargets
import Testing

/// Every input that was worth keeping holds, also where there is no fuzzer.
@Suite struct CorpusTests {
    private static let corpus = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fuzzing/Corpus")

    @Test(arguments: FuzzTarget.allCases)
    func holds(_ target: FuzzTarget) throws {
        let files = try FileManager.default.contentsOfDirectory(
            at: Self.corpus.appendingPathComponent(target.rawValue), includingPropertiesForKeys: nil)
        #expect(!files.isEmpty, "a target without a corpus")
        for file in files {
            let input = Array(try Data(contentsOf: file))
            #expect(throws: Never.self, "\(target.rawValue)/\(file.lastPathComponent)") {
                try target.run(input)
            }
        }
    }

    /// Inputs that are cut anywhere and have a byte changed: the same ones at each run.
    @Test(arguments: FuzzTarget.allCases)
    func holdsForNeighbours(_ target: FuzzTarget) throws {
        let files = try FileManager.default.contentsOfDirectory(
            at: Self.corpus.appendingPathComponent(target.rawValue), includingPropertiesForKeys: nil)
        var state: UInt64 = 0x9e37_79b9_7f4a_7c15
        func next(below limit: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(limit))
        }
        for file in files.sorted(by: { $0.path < $1.path }) {
            let input = Array(try Data(contentsOf: file))
            guard !input.isEmpty else { continue }
            for _ in 0..<8 {
                var changed = Array(input.prefix(1 + next(below: input.count)))
                changed[next(below: changed.count)] = UInt8(next(below: 256))
                #expect(throws: Never.self, "\(target.rawValue): \(changed)") {
                    try target.run(changed)
                }
            }
        }
    }

    /// Directories of the corpus that nothing replays.
    @Test func everyCorpusHasItsTarget() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.corpus.path)
        #expect(names.sorted() == FuzzTarget.allCases.map(\.rawValue).sorted())
    }
}
