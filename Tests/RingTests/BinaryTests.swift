import Foundation
import Testing

/// The exporter can't change a ring: what would is not in the program.
@Suite struct BinaryTests {
    /// Commands that change something, as they would stand in the program. Literals of up to 15
    /// bytes are kept in machine words, eight bytes each, so the first eight count; where those are
    /// `DIRECTOR`, what follows does.
    static let changingWords = [
        "HOST-SET", "HOST-UPD", "HOST-UP", "HOST-DOW", "HOST-REM", "HOST-FLU", "HOST-RES",
        "USER-MOV", "USER-KIC", "-ADD", "-REMOVE",
    ]

    @Test func exporterKnowsNoChangingCommand() throws {
        let binary = try Data(contentsOf: URL(fileURLWithPath: Project.exporter))
        #expect(binary.count > 1_000_000)
        // The controls: words that it does know, and all of them in the program that changes rings,
        // are found in this way.
        let control = try Data(contentsOf: URL(fileURLWithPath: Project.program("directorctl")))
        #expect(binary.range(of: Data("HOST-LIS".utf8)) != nil)
        for word in Self.changingWords {
            #expect(binary.range(of: Data(word.utf8)) == nil, "\(word)")
            #expect(control.range(of: Data(word.utf8)) != nil, "\(word)")
        }
    }

    @Test func exporterLinksNoFoundation() throws {
        let binary = try Data(contentsOf: URL(fileURLWithPath: Project.exporter))
        for name in ["libFoundation.so", "lib_FoundationICU.so", "libFoundationEssentials.so"] {
            #expect(binary.range(of: Data(name.utf8)) == nil, "\(name)")
        }
        #expect(binary.range(of: Data("libsystemd.so".utf8)) != nil)
    }
}
