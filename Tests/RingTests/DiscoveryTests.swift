import Testing

/// Prometheus is told of one sidecar and finds the whole ring.
@Suite(.enabled(if: Lab.isUsable)) struct DiscoveryTests {
    @Test func prometheusFindsTheWholeRing() async throws {
        let stack = try AlertStack.shared.get()
        let ring = try Ring(net: 56, members: 3)
        let sidecars = try (1...3).map {
            try Sidecar(socket: ring.socket($0), host: "127.0.56.\($0)", port: 10_027)
        }
        #expect(AlertStack.discoveryHost == "127.0.56.1")
        let isFound = try await eventually(within: .seconds(60), every: .seconds(1)) {
            try stack.sees(job: "discovered", exporters: 3)
        }
        #expect(isFound && sidecars.count == 3)
        // A member that leaves the ring is no target any more.
        try ring.doveadm(2, "director", "ring", "remove", "127.0.56.3")
        let isForgotten = try await eventually(within: .seconds(60), every: .seconds(1)) {
            try stack.sees(job: "discovered", exporters: 2)
        }
        #expect(isForgotten)
    }
}
