import Foundation
import Testing

/// Where there is no browser that is said loudly.
enum Browser {
    static let isThere: Bool = {
        let isFound = (try? Command.run("sh", ["-c", "command -v chromium"])) != nil
        if !isFound {
            print(
                """
                ==================================================================
                NOT TESTED: the page for people, for want of chromium
                ==================================================================
                """)
        }
        return isFound
    }()
}

/// The page for people in a real browser, beside a real ring.
@Suite(.enabled(if: Lab.isUsable && Browser.isThere)) struct PageTests {
    /// The document as the browser has it after so many seconds of its own time.
    private func document(_ sidecar: Sidecar, seconds: Int = 1) throws -> String {
        let profile = "/tmp/dde-browser-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: profile) }
        return try Command.run(
            "chromium",
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=\(profile)",
                "--virtual-time-budget=\(seconds * 1000)", "--dump-dom",
                "http://127.0.0.1:\(sidecar.port)/",
            ])
    }

    private func count(_ text: String, in document: String) -> Int {
        document.components(separatedBy: text).count - 1
    }

    @Test func healthyAndHungRing() async throws {
        let ring = try Ring(net: 53, members: 4)
        let sidecar = try Sidecar(socket: ring.socket(1))
        #expect(try await eventually(within: .seconds(20)) { sidecar.scrape().isWhole })
        try ring.run("users", "1", "20")
        try ring.doveadm(1, "director", "down", ring.backend(1))
        #expect(
            try await eventually(within: .seconds(20)) {
                sidecar.scrape()["backend_up{backend=\"127.1.53.1\",tag=\"\"}"] == 0
            })

        let healthy = try document(sidecar)
        #expect(count("class=\"link healthy\"", in: healthy) == 2)
        #expect(count("class=\"member ", in: healthy) == 4)
        #expect(count("class=\"member own\"", in: healthy) == 1)
        #expect(healthy.contains("Linked as the ring's order demands, 4 members"))
        #expect(healthy.contains("down, with users"))
        #expect(healthy.contains("href=\"//127.0.53.2:\(sidecar.port)/\""))
        // Without scripts it is the same page.
        #expect(sidecar.scrape("/").text.contains("class=\"link healthy\""))

        try ring.run("hang", "2")
        #expect(
            try await eventually(within: .seconds(60), every: .seconds(1)) {
                sidecar.scrape("/").text.contains("class=\"link silent\"")
            })
        let hung = try document(sidecar)
        #expect(hung.contains("The right neighbour 127.0.53.2:9090 is silent"))
        #expect(hung.contains("<title>⚠"))
        // Dovecot drops the link at last, and the page that was open follows by itself.
        let refreshed = try document(sidecar, seconds: 60)
        #expect(!refreshed.contains("id=\"stale\" class=\"bad\" role=\"status\">"))
        try ring.run("resume", "2")
    }

    @Test func largeRing() async throws {
        let ring = try Ring(net: 54, members: 20, backends: 250)
        let sidecar = try Sidecar(socket: ring.socket(7))
        #expect(try await eventually(within: .seconds(30)) { sidecar.scrape().isWhole })
        let page = try document(sidecar)
        #expect(count("class=\"member ", in: page) == 20)
        #expect(count("class=\"bar\"", in: page) == 250)
        #expect(page.contains(">.20</text>"))
    }
}
