import AdminProbe
import DirectorRing
import Foundation
import Testing

/// The proof that hash shares are the director's own: for thousands of names the computed backend
/// is the one that a real director answers.
@Suite(.enabled(if: Lab.isUsable)) struct HashTests {
    @Test func computedBackendIsTheDirectors() async throws {
        let ring = try Ring(net: 51, members: 1)
        // Unequal weights, tags, a backend that is down, a drained one, IPv6.
        for (backend, vhosts) in [
            ("127.1.51.1", "7"), ("127.1.51.2", "250"), ("127.1.51.3", "0"), ("2001:db8::51", "90"),
            ("::ffff:127.1.51.9", "30"),
        ] { try ring.doveadm(1, "director", "add", backend, vhosts) }
        try ring.doveadm(1, "director", "down", "127.1.51.4")
        for (backend, vhosts) in [
            ("127.1.51.20", "40"), ("127.1.51.21", "60"), ("2001:db8::52", "100"),
        ] { try ring.doveadm(1, "director", "add", "-t", "blue", backend, vhosts) }
        try ring.doveadm(1, "director", "down", "127.1.51.20")

        let hosts = try AdminConnection(path: ring.socket(1)).poll(timeout: .seconds(10)).reply.hosts
        for tag in ["", "blue"] {
            let rows = hosts.filter { $0.tag == tag }
            let hashRing = HashRing(rows)
            let names = (0..<10_000).map { "user\($0)@example\($0 % 7).com" }
            // The third field is the backend that the director would hash the name to.
            let answers = try ring.ask(names.map { "USER-LOOKUP\t\($0)\t\(tag)" }).map {
                String($0.split(separator: "\t", omittingEmptySubsequences: false)[2])
            }
            try #require(answers.count == names.count)
            var wrong = 0
            var hits: [Int: Int] = [:]
            for (name, answer) in zip(names, answers) {
                let row = try #require(hashRing.row(for: HashRing.hash(of: name)))
                hits[row, default: 0] += 1
                if rows[row].wireAddress != answer { wrong += 1 }
            }
            #expect(wrong == 0, "\(wrong) of \(names.count) in tag '\(tag)'")
            for (index, share) in hashRing.shares().enumerated() {
                #expect((share - Double(hits[index] ?? 0) / 10_000).magnitude < 0.02)
            }
        }

        // And the metric is what the shares are.
        let sidecar = try Sidecar(socket: ring.socket(1))
        let isComputed = try await eventually(within: .seconds(20)) {
            sidecar.scrape().count("backend_hash_share_ratio") == hosts.count
        }
        #expect(isComputed)
        let metrics = sidecar.scrape()
        for tag in ["", "blue"] {
            let rows = hosts.filter { $0.tag == tag }
            for (row, share) in zip(rows, HashRing(rows).shares()) {
                let value =
                    metrics["backend_hash_share_ratio{backend=\"\(row.address)\",tag=\"\(tag)\"}"]
                #expect(((value ?? -1) - share).magnitude < 1e-9)
            }
        }
    }
}
