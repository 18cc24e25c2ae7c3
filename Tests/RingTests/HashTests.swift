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
            let answers = try lookUp(names, tag: tag, at: ring.socket(1))
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

    /// Which backend the director would hash each name to.
    private func lookUp(_ names: [String], tag: String, at socket: String) throws -> [String] {
        let output = try Command.run(
            "python3",
            [
                "-c",
                """
                import socket, sys
                director = socket.socket(socket.AF_UNIX)
                director.connect(sys.argv[1])
                stream = director.makefile("rw", newline="\\n")
                stream.readline()
                stream.write("VERSION\\tdirector-doveadm\\t1\\t0\\n")
                for number in range(int(sys.argv[3])):
                    name = f"user{number}@example{number % 7}.com"
                    stream.write(f"USER-LOOKUP\\t{name}\\t{sys.argv[2]}\\n")
                    stream.flush()
                    print(stream.readline().rstrip("\\n").split("\\t")[2])
                """, socket, tag, "\(names.count)",
            ])
        return output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            .map(String.init)
    }
}
