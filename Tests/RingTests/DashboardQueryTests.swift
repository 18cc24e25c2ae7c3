import Foundation
import Testing

/// Every query of every panel and annotation, against a real Prometheus that scrapes a real ring.
@Suite(.enabled(if: Lab.isUsable)) struct DashboardQueryTests {
    private struct Query {
        var name: String
        var expression: String
    }

    private func queries(_ dashboard: URL) throws -> [Query] {
        let object = try JSONSerialization.jsonObject(with: Data(contentsOf: dashboard))
        let panels = (object as? [String: Any])?["panels"] as? [[String: Any]] ?? []
        return panels.flatMap { panel -> [Query] in
            let title = panel["title"] as? String ?? ""
            let targets = panel["targets"] as? [[String: Any]] ?? []
            return targets.compactMap { target in
                (target["expr"] as? String).map { Query(name: title, expression: $0) }
            }
        }
    }

    @Test func everyQueryAnswersSomething() async throws {
        let stack = try AlertStack.shared.get()
        let job = "dashboards"
        let ring = try Ring(net: 52, members: 3)
        let ports = (1...3).map { 23_520 + $0 }
        let sidecars = try ports.enumerated().map { index, port in
            try Sidecar(
                socket: ring.socket(index + 1), ["--director.expect=127.0.52.1"], port: port)
        }
        defer { stack.forget(job: job) }
        try stack.watch(job: job, ports: ports)
        try ring.run("users", "1", "60")
        try ring.doveadm(1, "director", "update", ring.backend(2), "0")
        let isSeen = try await eventually(within: .seconds(60), every: .seconds(2)) {
            try stack.sees(job: job, exporters: 3)
        }
        try #require(isSeen && sidecars.count == 3)
        // Something happens, so that what shows events has something to show.
        try ring.doveadm(1, "director", "down", ring.backend(1))

        let directory = Project.root.appendingPathComponent("dashboards")
        let files = try FileManager.default.contentsOfDirectory(atPath: directory.path)
            .filter { $0.hasSuffix(".json") }
        #expect(files.count >= 2)
        for file in files.sorted() {
            for query in try queries(directory.appendingPathComponent(file)) {
                let expression = query.expression
                    .replacing("$__rate_interval", with: "1m").replacing("$job", with: job)
                    .replacing("$instance", with: ".+").replacing("$tag", with: ".*")
                    .replacing("$top", with: "10")
                var answer = ""
                let isAnswered = try await eventually(within: .seconds(45), every: .seconds(1)) {
                    answer = try stack.query(expression)
                    return answer.contains("\"status\":\"success\"")
                        && !answer.contains("\"result\":[]")
                }
                #expect(isAnswered, "\(file), \(query.name): \(expression): \(answer)")
            }
        }
    }
}
