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

    private static let exporters = [Project.exporter, Project.exporter + "-tls"]

    @Test(arguments: exporters)
    func exporterKnowsNoChangingCommand(_ path: String) throws {
        let binary = try Data(contentsOf: URL(fileURLWithPath: path))
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

    /// What only a web configuration needs is loaded for it, and TLS is in a program of its own.
    @Test func whatIsLinked() throws {
        let program = try Data(contentsOf: URL(fileURLWithPath: Project.exporter))
        let secure = try Data(contentsOf: URL(fileURLWithPath: Project.exporter + "-tls"))
        #expect(program.range(of: Data("BoringSSL".utf8)) == nil)
        #expect(secure.range(of: Data("BoringSSL".utf8)) != nil)
        for binary in [Project.exporter, Project.exporter + "-tls"] {
            let libraries = try Command.run("ldd", [binary])
            #expect(libraries.contains("libsystemd.so.0"))
            for name in ["libyaml", "libcrypt", "libssl"] {
                #expect(!libraries.contains(name), "\(binary): \(name)")
            }
        }
    }

    @Test(arguments: exporters)
    func exporterLinksNoFoundation(_ path: String) throws {
        let binary = try Data(contentsOf: URL(fileURLWithPath: path))
        for name in ["libFoundation.so", "lib_FoundationICU.so", "libFoundationEssentials.so"] {
            #expect(binary.range(of: Data(name.utf8)) == nil, "\(name)")
        }
        #expect(binary.range(of: Data("libsystemd.so".utf8)) != nil)
    }
}
