import Foundation

/// Something wrong with an admin socket at one state of its connection, and what has to come of it.
struct FaultCase: Sendable, CustomStringConvertible {
    /// When the fault meets the exporter.
    enum Beginning: String, CaseIterable {
        /// From its first poll on.
        case fresh
        /// On the connection that has served polls.
        case kept
        /// On the connection that replaces one which ended, within the same poll.
        case reopened
    }

    enum Outcome: Equatable {
        /// Polls fail for one of these reasons, and no other.
        case fails(Set<String>)
        /// Nobody notices.
        case survives
        /// The poll is good but for rows that can't be read.
        case rejects
        /// One of both. Never a wrong value.
        case failsOrRejects
    }

    /// As `director-simulator ctl DIR fault` takes it.
    let fault: String
    let beginning: Beginning
    let outcome: Outcome

    init(_ fault: String, _ beginning: Beginning, _ outcome: Outcome) {
        self.fault = fault
        self.beginning = beginning
        self.outcome = outcome
    }

    var description: String { "\(fault), \(beginning)" }

    /// It keeps its simulator busy, which other members must not suffer from.
    var isGreedy: Bool { fault.hasPrefix("endless") }
}

extension FaultCase {
    /// A state that a connection can be in.
    private struct Point {
        /// As `at=` and the rest take it.
        let place: String
        /// Before a line that the exporter knows was said.
        var isGreeting: Bool { place == "greeting" }
        var isCommand: Bool { place.contains("LIST") }

        static let all = [
            "greeting", "handshake",
            // At once, within a line, between two rows; then the same of the second list.
            "HOST-LIST", "HOST-LIST after=40", "HOST-LIST rows=3",
            "DIRECTOR-LIST", "DIRECTOR-LIST after=20", "DIRECTOR-LIST rows=2",
        ].map(Point.init)
    }

    /// What each kind of fault leads to at each state of the connection.
    private static func outcome(_ kind: String, at point: Point) -> Outcome? {
        switch kind {
        case "silence": .fails(["timeout"])
        case "close": .fails(["disconnected"])
        // Before the client has said anything there is nothing that could be reset at once.
        case "reset": .fails(point.isGreeting ? ["disconnected", "timeout"] : ["disconnected"])
        // Nothing is due at the handshake that could come slowly.
        case "drip rate=5": point.place == "handshake" ? nil : .fails(["timeout"])
        case "delay time=30s": .fails(["timeout"])
        case "delay time=50ms": .survives
        case "drip rate=200000": .survives
        case "garbage bytes=4000": point.isGreeting ? .fails(["handshake"]) : .failsOrRejects
        case "endless-line": .fails(["protocol"])
        // 16 MiB come soon, or the deadline does.
        case "endless-list":
            point.isGreeting ? .fails(["handshake"]) : .fails(["protocol", "timeout"])
        default: nil
        }
    }

    private static let kinds = [
        "silence", "close", "reset", "drip rate=5", "delay time=30s", "delay time=50ms",
        "drip rate=200000", "garbage bytes=4000", "endless-line", "endless-list",
    ]

    /// What is said at the wrong place or in the wrong way.
    private static let words: [FaultCase] = [
        FaultCase("wrong-version", .fresh, .fails(["handshake"])),
        FaultCase("wrong-version", .reopened, .fails(["handshake"])),
        FaultCase("text at=greeting text=220\\sready\\r\\n", .fresh, .fails(["handshake"])),
        FaultCase("text at=greeting text=\\n", .fresh, .fails(["handshake"])),
        FaultCase("text at=HOST-LIST text=HELLO\\n\\n\\n\\n", .kept, .fails(["protocol"])),
        FaultCase("text at=HOST-LIST rows=6 text=a\\tb\\n\\n", .kept, .rejects),
        FaultCase("text at=HOST-LIST rows=6 text=\\xff\\xfe\\x00\\n\\n", .reopened, .rejects),
        FaultCase("text at=DIRECTOR-LIST text=x\\n\\n\\n", .kept, .fails(["protocol"])),
    ]

    /// Every kind at every state, however it begins.
    static let all: [FaultCase] = words + kinds.flatMap { kind in
        Point.all.flatMap { point in
            Beginning.allCases.compactMap { beginning in
                // A greeting and a handshake happen on new connections alone.
                if beginning == .kept, !point.isCommand { return nil }
                return outcome(kind, at: point).map {
                    FaultCase("\(kind) at=\(point.place)", beginning, $0)
                }
            }
        }
    }

    /// One of each kind, at states by turns.
    static let some: [FaultCase] = words.filter { !$0.fault.contains("220") } + kinds.enumerated()
        .flatMap { number, kind in
            let ofKind = all.filter { $0.fault.hasPrefix(kind + " at=") }
            return [0, 1].map { ofKind[(number * 7 + $0 * (ofKind.count / 2 + 1)) % ofKind.count] }
        }
}
