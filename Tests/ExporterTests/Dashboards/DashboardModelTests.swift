import Foundation
import Testing

/// Grafana dashboards held to a model of our own: the keys that Grafana needs, with their types,
/// and the project's conventions.
@Suite struct DashboardModelTests {
    struct Dashboard: Decodable {
        struct Variable: Decodable {
            var name: String
            var type: String
            var multi: Bool?
            var includeAll: Bool?
        }

        struct Variables: Decodable { var list: [Variable] }

        struct Annotation: Decodable {
            var name: String
            var enable: Bool
            var iconColor: String
            var expr: String?
        }

        struct Annotations: Decodable { var list: [Annotation] }

        struct Source: Decodable, Equatable {
            var type: String
            var uid: String
        }

        struct Grid: Decodable {
            var h: Int
            var w: Int
            var x: Int
            var y: Int
        }

        struct Target: Decodable {
            var refId: String
            var expr: String
            var datasource: Source
        }

        struct Panel: Decodable {
            struct Fields: Decodable {
                struct Defaults: Decodable { var unit: String }
                var defaults: Defaults
            }

            var id: Int
            var type: String
            var title: String
            var description: String?
            var gridPos: Grid
            var datasource: Source?
            var fieldConfig: Fields?
            var targets: [Target]?
        }

        var uid: String
        var title: String
        var tags: [String]
        var schemaVersion: Int
        var editable: Bool
        var refresh: String
        var templating: Variables
        var annotations: Annotations
        var panels: [Panel]
    }

    static let names = ["director-ring", "director-backends"]

    static func dashboard(_ name: String) throws -> Dashboard {
        let data = Data(try Project.text("dashboards/\(name).json").utf8)
        return try JSONDecoder().decode(Dashboard.self, from: data)
    }

    @Test func allAreChecked() throws {
        let files = try FileManager.default.contentsOfDirectory(
            atPath: Project.root.path + "/dashboards")
        #expect(Set(files) == Set(Self.names.map { $0 + ".json" }))
        let all = try Self.names.map(Self.dashboard)
        #expect(Set(all.map(\.uid)).count == all.count)
    }

    @Test(arguments: names)
    func followsTheConventions(_ name: String) throws {
        let dashboard = try Self.dashboard(name)
        #expect(dashboard.uid == "dovecot-\(name)")
        #expect(dashboard.schemaVersion >= 39)
        #expect(!dashboard.editable)
        #expect(dashboard.tags.contains("dovecot-director"))
        let variables = dashboard.templating.list
        #expect(variables.filter { $0.type == "datasource" }.map(\.name) == ["datasource"])
        for name in ["job", "instance"] {
            let variable = try #require(variables.first { $0.name == name })
            #expect(variable.multi == true && variable.includeAll == true)
        }
        #expect(dashboard.annotations.list.contains { $0.expr?.contains("$job") == true })
    }

    @Test(arguments: names)
    func panelsAreWhole(_ name: String) throws {
        let dashboard = try Self.dashboard(name)
        #expect(Set(dashboard.panels.map(\.id)).count == dashboard.panels.count)
        let source = Dashboard.Source(type: "prometheus", uid: "${datasource}")
        for panel in dashboard.panels {
            #expect(!panel.title.isEmpty, "\(panel.id)")
            guard panel.type != "row" else { continue }
            #expect(panel.description?.isEmpty == false, "\(panel.title)")
            #expect(panel.fieldConfig?.defaults.unit.isEmpty == false, "\(panel.title)")
            #expect(panel.datasource == source, "\(panel.title)")
            let targets = try #require(panel.targets, "\(panel.title)")
            #expect(!targets.isEmpty && Set(targets.map(\.refId)).count == targets.count)
            for target in targets {
                #expect(target.datasource == source)
                #expect(target.expr.contains("job=~\"$job\""), "\(panel.title)")
                #expect(target.expr.contains("instance=~\"$instance\""), "\(panel.title)")
                // Ranges of rates follow the scrape interval, and counters aren't shown bare.
                for range in target.expr.matches(of: /\[([^\]]+)\]/) {
                    #expect(range.1 == "$__rate_interval", "\(panel.title)")
                }
                if target.expr.contains("_total") {
                    #expect(target.expr.contains("rate(") || target.expr.contains("increase("))
                }
            }
        }
    }

    @Test(arguments: names)
    func panelsDoNotOverlap(_ name: String) throws {
        var taken: Set<[Int]> = []
        for panel in try Self.dashboard(name).panels {
            let grid = panel.gridPos
            #expect(grid.x >= 0 && grid.y >= 0 && grid.w > 0 && grid.h > 0)
            #expect(grid.x + grid.w <= 24, "\(panel.title)")
            for x in grid.x..<(grid.x + grid.w) {
                for y in grid.y..<(grid.y + grid.h) {
                    #expect(taken.insert([x, y]).inserted, "\(panel.title)")
                }
            }
        }
    }
}
