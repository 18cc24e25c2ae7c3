import Foundation
import Testing

@testable import DirectorExporter
@testable import SimulatedDirector
@testable import directorctl

/// The manual pages name what the programs know, and nothing else.
@Suite struct ManualPageTests {
    /// The long options of a page, as it sets them: `Fl Fl name`.
    private func longOptions(_ page: String) throws -> Set<String> {
        Set(
            try Project.text("man/\(page)").matches(of: /Fl Fl ([a-z][a-z.-]*)/)
                .map { String($0.1) })
    }

    @Test func exporter() throws {
        var flags = Set(Flag.all.map(\.name))
        flags.formUnion(Flag.all.filter(\.isNegatable).map { "no-" + $0.name })
        flags.formUnion(["version", "help"])
        // In the synopsis a word stands for all of them.
        #expect(try longOptions("dovecot-director-exporter.1").subtracting(["name"]) == flags)
    }

    @Test func exporterDefaults() throws {
        let page = try Project.text("man/dovecot-director-exporter.1")
        for flag in Flag.all {
            guard let text = flag.defaultText, text != "on" else { continue }
            let start = page.range(of: ".It Fl Fl \(flag.name)")
            let description = page[(try #require(start)).upperBound...]
            let end = description.range(of: "\n.It ")?.lowerBound ?? description.endIndex
            let word = text.hasPrefix("$") ? String(text.dropFirst()) : text
            #expect(description[..<end].contains(word), "\(flag.name): \(text)")
        }
    }

    @Test func simulator() throws {
        let page = try longOptions("director-simulator.1").subtracting(["flag"])
        let settings = Set(RingSettings.definitions.map(\.name))
        #expect(
            page == settings.union(["scenario", "play", "speed", "loop", "version", "help"]))
    }

    @Test func directorctlOptions() throws {
        var options = Set(GlobalOptions.definitions.map(\.name))
        for command in directorctl.Command.all { options.formUnion(command.options.map(\.name)) }
        #expect(try longOptions("directorctl.1") == options)
    }

    @Test func directorctlCommands() throws {
        let items = try Project.text("man/directorctl.1").matches(of: /(?m)^\.It (?:Xo )?Cm (.*)$/)
            .map { String($0.1) }
        for command in directorctl.Command.all {
            #expect(items.contains { "\($0) ".hasPrefix("\(command.name) ") }, "\(command.name)")
        }
        let names = directorctl.Command.all.map(\.name)
        for item in items { #expect(names.contains { "\(item) ".hasPrefix("\($0) ") }, "\(item)") }
    }
}
