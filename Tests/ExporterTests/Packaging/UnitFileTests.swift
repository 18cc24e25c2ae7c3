import BuildInformation
import Foundation
import Testing

/// The unit, its template, and what else is packed.
@Suite struct UnitFileTests {
    private static let unit = "packaging/dovecot-director-exporter.service"
    private static let template = "packaging/dovecot-director-exporter@.service"
    private static let dropIn = "packaging/limit-scrapers.conf"
    private static let noNetwork = "packaging/no-network.conf"

    /// The settings of a file, without its comments.
    private func settings(_ path: String) throws -> [String] {
        try Project.text(path).split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
    }

    /// An instance has the same sandbox and the same promises, and a place of its own.
    @Test func templateIsTheUnit() throws {
        let own = [
            "Description=", "EnvironmentFile=", "StateDirectory=", "RuntimeDirectory=",
        ]
        func common(_ path: String) throws -> [String] {
            try settings(path).filter { line in !own.contains { line.hasPrefix($0) } }
        }
        #expect(try common(Self.unit) == common(Self.template))
        for setting in own {
            let lines = try settings(Self.template).filter { $0.hasPrefix(setting) }
            #expect(lines.count == 1 && lines.allSatisfy { $0.contains("%i") }, "\(setting)")
        }
    }

    /// What systemd itself says of the sandbox: 0 is shut, 10 is open.
    @Test(.enabled(if: SecurityAnalysis.isThere), arguments: [
        (unit, nil, 1.3), (template, nil, 1.3), (unit, dropIn, 1.1), (template, dropIn, 1.1),
        (unit, noNetwork, 0.4),
    ])
    func exposure(_ unit: String, _ dropIn: String?, _ most: Double) throws {
        var text = try Project.text(unit)
        if let dropIn { text += try Project.text(dropIn) }
        let exposure = try SecurityAnalysis.exposure(of: text)
        #expect(try #require(exposure) <= most)
        // The control: without its sandbox it is found wanting.
        let open = text.split(separator: "\n").filter { !$0.hasPrefix("Protect") && !$0.hasPrefix("Private") }
            .joined(separator: "\n")
        let openExposure = try SecurityAnalysis.exposure(of: open)
        #expect(try #require(openExposure) > most + 1)
    }

    /// The first entry of the changelog is about the version that the programs state.
    @Test func changelogIsOfThisVersion() throws {
        let changelog = try Project.text("debian/changelog")
        #expect(changelog.hasPrefix("dovecot-director-exporter (\(BuildInfo.version)) "))
    }

    @Test func installedPathsAreThoseThatThePageNames() throws {
        let rules = try Project.text("debian/rules")
        #expect(rules.contains("DOC = $(TREE)/usr/share/doc/$(PACKAGE)"))
        #expect(try Project.text("Sources/DirectorExporter/Web/LandingPage.swift")
            .contains("file:///usr/share/doc/dovecot-director-exporter/"))
    }
}
