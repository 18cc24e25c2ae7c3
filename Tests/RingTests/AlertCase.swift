import Foundation
import Testing

/// A fault or a piece of maintenance on a real ring, and what may come of it.
struct AlertCase: Sendable, CustomTestStringConvertible {
    /// The ring, its sidecars, and what keeps it busy.
    struct Scene: Sendable {
        let ring: Ring
        let sidecars: [Sidecar]

        func wait(_ seconds: Double) async throws {
            try await Task.sleep(for: .seconds(seconds))
        }
    }

    enum Outcome: Sendable {
        /// The alert arrives within so many seconds of the fault.
        case page(String, within: Double)
        /// No critical alert arrives.
        case quiet
    }

    let name: String
    let net: Int
    let members: Int
    /// Whether it runs without `--full`.
    var isQuick = false
    /// Whether one update a second travels around the ring.
    var isBusy = false
    /// Whether the exporters ask the kernel.
    var hasLinkProbe = true
    let outcome: Outcome
    /// What the page says of the cause, where it is not the network.
    var cause: String?
    /// A warning that arrives, too.
    var warning: String?
    /// Causes the fault, or does the maintenance. Returns when a fault began.
    let act: @Sendable (Scene) async throws -> Date
    /// Ends the fault. Nothing for maintenance.
    var mend: @Sendable (Scene) async throws -> Void = { _ in }

    var testDescription: String { name }
}

extension AlertCase {
    /// One order to the ring, which begins the fault.
    private static func begin(
        _ command: String, _ arguments: String...
    ) -> @Sendable (Scene) async throws -> Date {
        { scene in
            try scene.ring.run(command, arguments)
            return Date()
        }
    }

    private static let heal: @Sendable (Scene) async throws -> Void = { try $0.ring.run("heal") }

    private static let split = "DovecotDirectorRingSplit"
    private static let down = "DovecotDirectorDown"

    static let splits: [AlertCase] = [
        AlertCase(
            name: "one against two, idle", net: 101, members: 3, isQuick: true,
            outcome: .page(split, within: 30), act: begin("cut", "1", "2,3"), mend: heal),
        AlertCase(
            name: "one against three, busy", net: 102, members: 4, isBusy: true,
            outcome: .page(split, within: 15), act: begin("cut", "2", "1,3,4"), mend: heal),
        AlertCase(
            name: "halves", net: 103, members: 4, outcome: .page(split, within: 30),
            act: begin("cut", "1,2", "3,4"), mend: heal),
        AlertCase(
            name: "interleaved", net: 104, members: 4, outcome: .page(split, within: 30),
            act: begin("cut", "1,3", "2,4"), mend: heal),
        AlertCase(
            name: "two members, idle", net: 105, members: 2, outcome: .page(split, within: 30),
            act: begin("cut", "1", "2"), mend: heal),
        AlertCase(
            name: "three islands", net: 106, members: 6, outcome: .page(split, within: 30),
            act: { scene in
                try scene.ring.run("cut", "1,2", "3,4,5,6")
                let begin = Date()
                try scene.ring.run("cut", "3,4", "5,6")
                return begin
            }, mend: heal),
        AlertCase(
            name: "one direction only", net: 107, members: 3, outcome: .page(split, within: 30),
            act: begin("cut-one-way", "1", "2,3"), mend: heal),
        AlertCase(
            name: "heavy loss", net: 108, members: 3, isBusy: true,
            outcome: .page(split, within: 30),
            act: begin("lose", "1", "2,3", "97"), mend: heal),
        AlertCase(
            name: "one lost link", net: 109, members: 4, outcome: .page(split, within: 30),
            act: begin("cut", "1", "2"), mend: heal),
        AlertCase(
            name: "resets, busy", net: 110, members: 4, isQuick: true, isBusy: true,
            outcome: .page(split, within: 30), act: begin("reset", "1,2", "3,4"), mend: heal),
        AlertCase(
            name: "resets, idle", net: 111, members: 3, outcome: .page(split, within: 40),
            act: begin("reset", "1", "2,3"), mend: heal),
        AlertCase(
            name: "begun while a member of two restarts", net: 112, members: 2,
            outcome: .page(split, within: 45),
            act: { scene in
                try scene.ring.run("stop", "2")
                try scene.ring.run("cut", "1", "2")
                let begin = Date()
                try await scene.wait(5)
                try scene.ring.run("start", "2")
                return begin
            }, mend: heal),
        AlertCase(
            name: "halves, a border member crashed before", net: 113, members: 6,
            outcome: .page(split, within: 30),
            act: { scene in
                try scene.ring.run("crash", "4")
                // Its own page is over with: only the split is waited for here.
                try await scene.wait(20)
                try scene.ring.run("cut", "1,2,3", "4,5,6")
                return Date()
            },
            mend: { scene in
                try scene.ring.run("heal")
                try scene.ring.run("start", "4")
            }),
        AlertCase(
            name: "one against two, busy", net: 114, members: 3, isQuick: true, isBusy: true,
            outcome: .page(split, within: 15), act: begin("cut", "1", "2,3"), mend: heal),
        AlertCase(
            name: "two members, busy", net: 115, members: 2, isBusy: true,
            outcome: .page(split, within: 15), act: begin("cut", "1", "2"), mend: heal),
        AlertCase(
            name: "one direction only, busy", net: 116, members: 3, isBusy: true,
            outcome: .page(split, within: 15),
            act: begin("cut-one-way", "1", "2,3"), mend: heal),
        AlertCase(
            name: "one against two, busy, without the kernel's view", net: 117, members: 3,
            isQuick: true, isBusy: true, hasLinkProbe: false, outcome: .page(split, within: 30),
            act: begin("cut", "1", "2,3"), mend: heal),
        AlertCase(
            name: "three fifths of the packets lost", net: 118, members: 3, isBusy: true,
            outcome: .page(split, within: 100),
            act: begin("lose", "1", "2,3", "60"), mend: heal),
    ]

    static let losses: [AlertCase] = [
        AlertCase(
            name: "hung director", net: 121, members: 3, outcome: .page(down, within: 40),
            cause: "hung",
            act: begin("hang", "2"), mend: { try $0.ring.run("resume", "2") }),
        AlertCase(
            name: "crashed director", net: 122, members: 4, isQuick: true,
            outcome: .page(down, within: 40), cause: "down",
            act: begin("crash", "2"), mend: { try $0.ring.run("start", "2") }),
        AlertCase(
            name: "lost machine", net: 123, members: 3, outcome: .page(down, within: 40),
            cause: "network", act: loseMachine, mend: findMachine),
        AlertCase(
            name: "hung director, busy", net: 124, members: 3, isBusy: true,
            outcome: .page(down, within: 40), cause: "hung",
            act: begin("hang", "2"), mend: { try $0.ring.run("resume", "2") }),
        AlertCase(
            name: "lost machine, busy", net: 125, members: 3, isBusy: true,
            outcome: .page(down, within: 40), cause: "network", act: loseMachine,
            mend: findMachine),
        AlertCase(
            name: "lost machine, without the kernel's view", net: 126, members: 3,
            hasLinkProbe: false, outcome: .page(down, within: 40), cause: "network",
            act: loseMachine, mend: findMachine),
    ]

    /// Everything of member 3 falls silent at once.
    private static let loseMachine: @Sendable (Scene) async throws -> Date = { scene in
        try scene.ring.run("cut", "3", "1,2")
        scene.sidecars[2].send(SIGSTOP)
        return Date()
    }

    private static let findMachine: @Sendable (Scene) async throws -> Void = { scene in
        // In this order: a sidecar that answers while its director is cut off tells of a split.
        try scene.ring.run("heal")
        scene.sidecars[2].send(SIGCONT)
    }

    static let maintenance: [AlertCase] = [
        AlertCase(
            name: "rolling restart", net: 131, members: 3, isQuick: true, outcome: .quiet,
            act: { scene in
                for member in 1...3 {
                    try scene.ring.run("stop", "\(member)")
                    try await scene.wait(5)
                    try scene.ring.run("start", "\(member)")
                    try await scene.wait(20)
                }
                return Date()
            }),
        AlertCase(
            name: "whole ring restarted", net: 132, members: 4, outcome: .quiet,
            act: { scene in
                try scene.ring.runForAll("stop")
                try await scene.wait(5)
                try scene.ring.runForAll("start")
                return Date()
            }),
        AlertCase(
            name: "reload everywhere", net: 133, members: 4, outcome: .quiet,
            act: { scene in
                try scene.ring.runForAll("reload")
                return Date()
            }),
        AlertCase(
            name: "ring remove and add soon", net: 134, members: 4, isQuick: true, outcome: .quiet,
            act: { scene in
                try scene.ring.doveadm(1, "director", "ring", "remove", "127.0.134.4")
                try await scene.wait(5)
                try scene.ring.doveadm(1, "director", "ring", "add", "127.0.134.4")
                return Date()
            }),
        AlertCase(
            name: "ring remove and add late", net: 135, members: 3, outcome: .quiet,
            act: { scene in
                try scene.ring.doveadm(1, "director", "ring", "remove", "127.0.135.2")
                try await scene.wait(90)
                try scene.ring.doveadm(1, "director", "ring", "add", "127.0.135.2")
                return Date()
            }),
        AlertCase(
            name: "decommissioned", net: 136, members: 4, outcome: .quiet,
            act: { scene in
                try scene.ring.doveadm(1, "director", "ring", "remove", "127.0.136.3")
                try await scene.wait(10)
                try scene.ring.run("stop", "3")
                return Date()
            }),
        AlertCase(
            name: "backends down, drained, flushed, up", net: 137, members: 2, outcome: .quiet,
            act: { scene in
                try scene.ring.run("users", "1", "100")
                try scene.ring.doveadm(1, "director", "down", scene.ring.backend(1))
                try scene.ring.doveadm(1, "director", "update", scene.ring.backend(2), "0")
                try scene.ring.doveadm(1, "director", "flush", "-F", scene.ring.backend(1))
                try await scene.wait(40)
                try scene.ring.doveadm(1, "director", "up", scene.ring.backend(1))
                return Date()
            }),
        AlertCase(
            name: "exporters restarted", net: 138, members: 3, outcome: .quiet,
            act: { scene in
                for sidecar in scene.sidecars {
                    _ = sidecar.stop()
                    try sidecar.start()
                }
                try await scene.wait(20)
                for sidecar in scene.sidecars { _ = sidecar.stop() }
                try await scene.wait(5)
                for sidecar in scene.sidecars { try sidecar.start() }
                return Date()
            }),
        AlertCase(
            name: "network lost for a second, often", net: 139, members: 3, isBusy: true,
            outcome: .quiet, act: blink),
        AlertCase(
            name: "member away for 14 s", net: 140, members: 3, outcome: .quiet,
            act: { scene in
                try scene.ring.run("stop", "2")
                try await scene.wait(13)
                try scene.ring.run("start", "2")
                return Date()
            }),
        AlertCase(
            name: "a fifth of the packets lost for five minutes", net: 141, members: 3,
            isBusy: true, outcome: .quiet, warning: "DovecotDirectorLinkLossy", act: loseAFifth),
        AlertCase(
            name: "the same without the kernel's view", net: 142, members: 3, isBusy: true,
            hasLinkProbe: false, outcome: .quiet, act: loseAFifth),
        AlertCase(
            name: "network lost for a second, often, without the kernel's view", net: 143,
            members: 3, isBusy: true, hasLinkProbe: false, outcome: .quiet, act: blink),
    ]

    private static let loseAFifth: @Sendable (Scene) async throws -> Date = { scene in
        try scene.ring.run("lose", "1", "2,3", "20")
        try await scene.wait(300)
        try scene.ring.run("heal")
        return Date()
    }

    private static let blink: @Sendable (Scene) async throws -> Date = { scene in
        for _ in 0..<10 {
            try scene.ring.run("cut", "1", "2,3")
            try await scene.wait(1)
            try scene.ring.run("heal")
            try await scene.wait(7)
        }
        return Date()
    }
}
