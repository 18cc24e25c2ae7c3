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
}
