import DirectorControl
import Foundation
import Testing

/// The proof that directorctl is what doveadm is: both are run on the same real ring and on the same
/// odd sockets, and what they print and return is compared byte for byte.
///
/// The tables are in `Differential/`. What differs on purpose is in docs/directorctl.md.
@Suite(.enabled(if: Lab.isUsable)) struct DifferentialTests {
    @Test func readsAsDoveadm() throws {
        let ring = try Ring(net: 57, members: 3)
        let contest = try Contest(ring: ring, files: TestFiles(name: "contest-57"))
        let start = try StartState(ring)
        try start.restore()
        // The control: a difference is seen.
        #expect(try compare("$P --version -a", contest) != nil)
        var differences: [String] = []
        for line in try table("reading") {
            if let difference = try compare(line, contest) { differences.append(difference) }
        }
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n\n"))")
    }

    @Test func changesAsDoveadm() throws {
        let ring = try Ring(net: 58, members: 3)
        let contest = try Contest(ring: ring, files: TestFiles(name: "contest-58"))
        let start = try StartState(ring)
        var differences: [String] = []
        for (index, line) in try table("changing").enumerated() {
            guard Lab.runsEverything || index % 7 == 0 else { continue }
            try start.restore()
            var theirs = try contest.run(line, by: .doveadm)
            // It sends the changes of a name with several addresses all at once; what comes behind one
            // that waits for the ring is dropped, and it waits for the answer for ever.
            for _ in 0..<5 where theirs.hung {
                try start.restore()
                theirs = try contest.run(line, by: .doveadm)
            }
            let theirState = try start.describe()
            try start.restore()
            let ours = try contest.run(line, by: .directorctl)
            let ourState = try start.describe()
            if ours != theirs || ourState != theirState {
                differences.append(
                    "\(line)\ndoveadm: \(theirs.description)\n\(theirState)\n"
                        + "directorctl: \(ours.description)\n\(ourState)")
            }
        }
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n\n"))")
    }

    /// Nil where both say the same. On a living ring numbers move: each has a few tries.
    private func compare(_ line: String, _ contest: Contest) throws -> String? {
        var theirs = try contest.run(line, by: .doveadm)
        for _ in 0..<4 {
            let ours = try contest.run(line, by: .directorctl)
            if ours == theirs { return nil }
            theirs = try contest.run(line, by: .doveadm)
            if ours == theirs { return nil }
            // What isn't about the ring doesn't move. But doveadm writes once for each address, and the
            // other side may have closed by then, or not yet.
            if !line.contains("$S"), !line.contains("two-addresses") {
                return "\(line)\ndoveadm: \(theirs.description)\ndirectorctl: \(ours.description)"
            }
        }
        let ours = try contest.run(line, by: .directorctl)
        return "\(line)\ndoveadm: \(theirs.description)\ndirectorctl: \(ours.description)"
    }

    private func table(_ name: String) throws -> [String] {
        let file = Project.root.appendingPathComponent("Tests/RingTests/Differential/\(name).txt")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
            .filter { !$0.hasPrefix("#") }
    }
}

/// The state of a ring that each change starts from: backends with tags, one of them down, IPv6, a
/// few users.
struct StartState {
    private struct Backend: Equatable {
        var address: String
        var tag = ""
        var vhosts: UInt32 = 100
        var isUp = true
    }

    private let ring: Ring
    private let socket: String
    private let backends: [Backend]

    /// - Parameter socket: nil for member 1's.
    init(_ ring: Ring, socket: String? = nil) throws {
        self.ring = ring
        self.socket = try socket ?? ring.socket(1)
        backends = [
            Backend(address: ring.backend(1)), Backend(address: ring.backend(2), isUp: false),
            Backend(address: ring.backend(3), tag: "a"), Backend(address: ring.backend(4)),
            Backend(address: ring.backend(5), vhosts: 7), Backend(address: ring.backend(6), vhosts: 0),
            Backend(address: "2001:db8::5", tag: "b"), Backend(address: "127.1.9.1", tag: "b"),
            Backend(address: "127.1.9.7", tag: "a"),
        ]
    }

    /// Brings the ring back to it.
    func restore() throws {
        let dialogue = try AdminDialogue(
            connectingTo: Endpoint(socket), deadlines: Deadlines())
        try removeAddedMembers(dialogue)
        let present = try list(.hostList, dialogue)
        func row(_ backend: Backend) -> [String]? { present.first { $0[0] == backend.address } }
        for row in present
        where !backends.contains(where: { $0.address == row[0] && $0.tag == row[3] }) {
            _ = try dialogue.perform(.removeHost(address: row[0]))
        }
        for backend in backends {
            let now = row(backend)
            if now == nil || now?[3] != backend.tag || now?[1] != "\(backend.vhosts)" {
                _ = try dialogue.perform(
                    .setHost(
                        address: backend.address,
                        tag: backend.tag.isEmpty ? nil : Array(backend.tag.utf8), vhosts: backend.vhosts))
            }
            if (now?[4] ?? "U") != (backend.isUp ? "U" : "D") {
                _ = try dialogue.perform(
                    backend.isUp
                        ? .bringUp(address: backend.address) : .takeDown(address: backend.address))
            }
        }
        _ = try dialogue.perform(.flushHost(address: nil))
        for (hash, backend) in [(160_394_189, 1), (3_045_693_125, 4), (934_616_345, 1), (77, 5)] {
            _ = try dialogue.perform(
                .moveUser(hash: UInt32(hash), address: ring.backend(backend)))
        }
    }

    private func removeAddedMembers(_ dialogue: AdminDialogue) throws {
        for row in try list(.directorList, dialogue)
        where row.count > 2 && row[2] != "removed" && !(1...ring.size).contains(where: {
            ring.member($0) == "\(row[0]):\(row[1])"
        }) {
            _ = try dialogue.perform(.removeDirector(address: row[0], port: UInt16(row[1])))
        }
    }

    /// The ring's backends, users and members, without what moves by itself.
    func describe() throws -> String {
        let dialogue = try AdminDialogue(
            connectingTo: Endpoint(socket), deadlines: Deadlines())
        let hosts = try list(.hostList, dialogue).map { $0[..<5].joined(separator: " ") }
        let users = try list(.userList(backend: nil), dialogue).map { "\($0[0]) \($0[2])" }
        let members = Set(
            try list(.directorList, dialogue).filter { $0[2] != "removed" }.map { "\($0[0]) \($0[1])" })
        return (hosts + users.sorted() + members.sorted()).joined(separator: "\n")
    }

    private func list(_ question: Question, _ dialogue: AdminDialogue) throws -> [[String]] {
        var rows: [[String]] = []
        _ = try dialogue.list(question) { line in
            let text = line.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
            rows.append(text.split(separator: "\t", omittingEmptySubsequences: false).map(String.init))
        }
        return rows
    }
}
