import DirectorRing
import Exposition
import Foundation
import Testing

@testable import DirectorExporter

@Suite struct DocumentationTests {
    private var families: [String] {
        (DirectorFamilies.permanent + DirectorFamilies.ofDirector + ExporterFamilies.all).map(\.name)
    }

    @Test func everyMetricIsDocumented() throws {
        let text = try Project.text("docs/metrics.md")
        for name in families { #expect(text.contains("`\(name)`"), "\(name)") }
    }

    @Test func nothingElseIsDocumentedAsAMetric() throws {
        let text = try Project.text("docs/metrics.md")
        for match in text.matches(of: /`(dovecot_director_[a-z_]+)`/) {
            #expect(families.contains(String(match.1)), "\(match.1)")
        }
    }

    @Test func everyEventIsDocumented() throws {
        let text = try Project.text("docs/events.md")
        for kind in EventKind.allCases {
            #expect(text.contains("`\(kind.rawValue)`"), "\(kind.rawValue)")
            #expect(text.contains(kind.messageID), "\(kind.rawValue)")
        }
    }

    @Test func everyFlagIsInTheManual() throws {
        let text = try Project.text("man/dovecot-director-exporter.1")
        for flag in Flag.all { #expect(text.contains(".It Fl Fl \(flag.name)"), "\(flag.name)") }
    }

    @Test func familiesAreListedOnce() {
        #expect(Set(families).count == families.count)
    }
}
