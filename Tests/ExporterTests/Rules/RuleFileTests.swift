import Foundation
import Testing

/// The rules as promtool sees them, and their unit tests: each alert both ways, maintenance, several
/// rings in one Prometheus.
@Suite(.enabled(if: Promtool.isThere)) struct RuleFileTests {
    @Test func rulesAreValid() throws {
        let output = try Promtool.run("check", "rules", Project.root.path + "/alerts.yml")
        #expect(output.contains("SUCCESS") && !output.contains("FAILED"), "\(output)")
    }

    static let files = (try? FileManager.default.contentsOfDirectory(
        atPath: Project.root.path + "/Tests/Rules"))?.filter { $0.hasSuffix(".yml") }.sorted() ?? []

    @Test func thereAreUnitTests() {
        #expect(Self.files.count >= 5)
    }

    @Test(arguments: files)
    func unitTestsPass(_ file: String) throws {
        let output = try Promtool.run("test", "rules", "\(Project.root.path)/Tests/Rules/\(file)")
        #expect(output.contains("SUCCESS") && !output.contains("FAILED"), "\(output)")
    }

    /// Each alert has its page, each page its alert, and the link leads there.
    @Test func eachAlertHasItsRunbook() throws {
        let rules = try Project.text("alerts.yml")
        let alerts = rules.matches(of: /- alert: (\w+)/).map { String($0.1) }
        #expect(alerts.count >= 19)
        let urls = rules.matches(of: /runbook_url: \S+\/runbooks\/(\w+)\.md/).map { String($0.1) }
        #expect(alerts == urls)
        let pages = try FileManager.default.contentsOfDirectory(
            atPath: Project.root.path + "/docs/runbooks"
        ).filter { $0.hasSuffix(".md") }.map { String($0.dropLast(3)) }
        #expect(Set(pages) == Set(alerts))
        for alert in alerts {
            let text = try Project.text("docs/runbooks/\(alert).md")
            for heading in [
                "What it means", "What users feel", "How to check", "What to do", "When it lies",
            ] { #expect(text.contains("## \(heading)"), "\(alert): \(heading)") }
        }
    }

    @Test func alertmanagerExampleIsValid() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["amtool", "check-config", Project.root.path + "/alertmanager.yml"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}
