import Foundation
import Testing

/// From the fault to the page: real directors, real sidecars, a real Prometheus and a real
/// Alertmanager, whose pages are timed.
@Suite(.enabled(if: Lab.isUsable)) struct AlertTests {
    /// One of each kind; all with `--full`; those whose name contains the text of `ALERT_CASES`.
    static func cases(_ all: [AlertCase]) -> [AlertCase] {
        if let wanted = ProcessInfo.processInfo.environment["ALERT_CASES"] {
            return all.filter { $0.name.contains(wanted) }
        }
        return all.filter { Lab.runsEverything || $0.isQuick }
    }

    @Test(arguments: cases(AlertCase.splits + AlertCase.losses + AlertCase.maintenance))
    func faultsPageAndMaintenanceDoesNot(_ testCase: AlertCase) async throws {
        let stack = try AlertStack.shared.get()
        let job = "ring-\(testCase.net)"
        let ring = try Ring(net: testCase.net, members: testCase.members)
        // Ports of its own, which a sidecar keeps when it is restarted.
        let ports = (1...testCase.members).map { 23_000 + testCase.net * 10 + $0 }
        let sidecars = try ports.enumerated().map { index, port in
            try Sidecar(
                socket: ring.socket(index + 1),
                testCase.hasLinkProbe ? [] : ["--no-director.link-probe"], port: port)
        }
        let scene = AlertCase.Scene(ring: ring, sidecars: sidecars)
        var traffic: Process?
        if testCase.isBusy { traffic = try ring.startTraffic() }
        defer {
            traffic?.terminate()
            stack.forget(job: job)
        }
        try stack.watch(job: job, ports: ports)
        let isSeen = try await eventually(within: .seconds(60), every: .seconds(2)) {
            try stack.sees(job: job, exporters: testCase.members)
        }
        try #require(isSeen)
        // Everybody has been running and listing each other for a minute and a half.
        try await scene.wait(95)

        let began = try await testCase.act(scene)
        switch testCase.outcome {
        case .quiet:
            try await scene.wait(100)
            let critical = stack.pages(job: job).filter { $0.severity == "critical" }
            #expect(critical.isEmpty, "\(testCase.name): \(critical)")
            print("PAGE \(testCase.name): none")
            if let warning = testCase.warning {
                let names = stack.pages(job: job).map(\.name)
                #expect(names.contains(warning), "\(testCase.name): \(names)")
            }
        case .page(let alert, let limit):
            try await expectPage(alert, within: limit, since: began, testCase, scene, stack, job)
        }
    }

    private func expectPage(
        _ alert: String, within limit: Double, since began: Date, _ testCase: AlertCase,
        _ scene: AlertCase.Scene, _ stack: AlertStack, _ job: String
    ) async throws {
        func pages() -> [AlertStack.Page] {
            stack.pages(job: job).filter { $0.name == alert && $0.received > began }
        }
        let arrived = try await eventually(within: .seconds(120), every: .milliseconds(500)) {
            !pages().isEmpty
        }
        guard arrived, let first = pages().first else {
            Issue.record("\(testCase.name): no page within 120 s")
            return
        }
        let seconds = first.received.timeIntervalSince(began)
        #expect(seconds <= limit, "\(testCase.name): \(seconds) s")
        // A split is always the network's.
        #expect(
            first.description.contains("Cause: \(testCase.cause ?? "network")."),
            "\(testCase.name): \(first.description)")
        // It holds through everything that Dovecot does meanwhile.
        let held = max(0, 110 - Date().timeIntervalSince(began))
        try await scene.wait(held)
        #expect(!pages().contains { $0.isResolved }, "\(testCase.name): a gap in the page")

        try await testCase.mend(scene)
        try scene.ring.run("wait", "90")
        let whole = Date()
        let resolved = try await eventually(within: .seconds(90), every: .milliseconds(500)) {
            pages().contains { $0.isResolved }
        }
        let after = pages().first { $0.isResolved }?.received.timeIntervalSince(whole) ?? .infinity
        #expect(resolved && after <= 45, "\(testCase.name): resolved after \(after) s")
        print(
            "PAGE \(testCase.name): after \(rounded(seconds)) s, resolved \(rounded(after)) s after "
                + "the ring was whole")
        let others = Set(
            stack.pages(job: job).filter { $0.severity == "critical" && $0.name != alert }
                .map(\.name))
        // A crash that is part of a split pages for itself.
        let allowed: Set<String> =
            testCase.name.contains("crashed before") ? ["DovecotDirectorDown"] : []
        #expect(others.isSubset(of: allowed), "\(testCase.name): \(others)")
    }

    private func rounded(_ seconds: Double) -> Double { (seconds * 10).rounded() / 10 }
}
