/// What can be done to a simulated ring while it runs: a line of a scenario, or of `ctl`.
package enum Order: Sendable, Equatable {
    /// A line that isn't understood.
    package struct Invalid: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// Sets what happens to packets between members; nil mends.
    case path(from: [Int], to: [Int], Path?, bothWays: Bool)
    /// Drops packets between members of different groups.
    case split([[Int]])
    case healAll
    case stop([Int])
    case start([Int])
    case crash([Int])
    case restart([Int], after: Duration)
    case hang([Int])
    case resume([Int])
    case fault(Fault, lasting: Duration?)
    /// Takes back a fault by its number, or all.
    case clear(Int?)
    case logins(Double)
    case status
    case members
    case faults
    case wait(Duration, [Int]?)
    case end

    /// Each verb with its arguments and what it does.
    package static let usage: [(form: String, does: String)] = [
        ("cut A B", "drop packets between the members A and B, both ways"),
        ("cut-one-way A B", "drop packets from A to B only"),
        ("reset A B", "answer packets between A and B with TCP resets"),
        ("lose A B PERCENT", "drop this share of the packets between A and B"),
        ("split A | B [| C …]", "drop packets between members of different groups"),
        ("heal [A B]", "mend all paths, or those between A and B"),
        ("stop A", "stop members in good order"),
        ("crash A", "kill them"),
        ("start A", "start them again"),
        ("restart A [TIME]", "stop them and start them after TIME (at once)"),
        ("hang A", "let them stand still, as by SIGSTOP"),
        ("resume A", "let them go on"),
        ("logins RATE", "let so many users log in each second"),
        ("fault KIND [KEY=VALUE …]", "spoil what admin sockets say; see below"),
        ("clear [NUMBER]", "end a fault, or all faults"),
        ("status", "show members, paths and faults"),
        ("members", "show each member's number, address and socket"),
        ("wait [TIME [A]]", "until the members that run (or A) are one whole ring; 30s"),
        ("end", "end the simulator"),
    ]

    /// The kinds of faults and their keys.
    package static let faultUsage: [(form: String, does: String)] = [
        ("silence", "nothing more is said"),
        ("close", "the connection ends"),
        ("reset", "it ends with an error for the client"),
        ("drip [rate=BYTES]", "the reply comes slowly, at so many bytes a second (10)"),
        ("delay [time=TIME]", "it comes late (2s)"),
        ("garbage [bytes=N]", "random bytes instead (1000)"),
        ("endless-line", "a line that doesn't end"),
        ("endless-list", "rows without end"),
        ("wrong-version", "a greeting of another protocol"),
        ("text text=TEXT", "TEXT instead; \\t, \\n, \\s (space), \\\\ and \\xNN are understood"),
    ]
    package static let faultKeys: [(form: String, does: String)] = [
        ("member=A", "of these members only"),
        ("at=POINT", "greeting, handshake, or a command like HOST-LIST; else at any command"),
        ("after=BYTES, rows=N", "so much of the reply is still right"),
        ("count=N", "so many times"),
        ("for=TIME", "for so long"),
    ]

    /// Reads a line.
    ///
    /// - Parameter members: how many there are.
    package init(_ line: String, members: Int) throws(Invalid) {
        var words = Words(line.split(separator: " ").map(String.init), members: members)
        let verb = try words.next("a verb")
        switch verb {
        case "cut", "reset":
            self = .path(
                from: try words.list(), to: try words.list(),
                verb == "cut" ? .dropped : .answeredWithResets, bothWays: true)
        case "cut-one-way":
            self = .path(from: try words.list(), to: try words.list(), .dropped, bothWays: false)
        case "lose":
            let (from, to) = (try words.list(), try words.list())
            let percent = try words.number("PERCENT", in: 1...100)
            self = .path(from: from, to: to, .lossy(percent), bothWays: true)
        case "heal":
            if words.isEmpty {
                self = .healAll
            } else {
                self = .path(from: try words.list(), to: try words.list(), nil, bothWays: true)
            }
        case "split": self = .split(try words.groups())
        case "stop": self = .stop(try words.list())
        case "start": self = .start(try words.list())
        case "crash": self = .crash(try words.list())
        case "hang": self = .hang(try words.list())
        case "resume": self = .resume(try words.list())
        case "restart":
            let list = try words.list()
            self = .restart(list, after: words.isEmpty ? .zero : try words.duration("TIME"))
        case "logins": self = .logins(try words.rate())
        case "fault": self = try words.fault()
        case "clear": self = .clear(words.isEmpty ? nil : try words.number("NUMBER", in: 1...Int.max))
        case "status": self = .status
        case "members": self = .members
        case "faults": self = .faults
        case "wait":
            let span = words.isEmpty ? .seconds(30) : try words.duration("TIME")
            self = .wait(span, words.isEmpty ? nil : try words.list())
        case "end": self = .end
        default:
            throw Invalid(
                description: "'\(verb)' is no verb: there are "
                    + Order.usage.map { String($0.form.prefix { $0 != " " }) }.joined(separator: ", "))
        }
        try words.end()
        if case .path(let from, let to, _, _) = self, let both = from.first(where: { to.contains($0) }) {
            throw Invalid(description: "member \(both + 1) stands on both sides")
        }
    }

    /// A time as it is written here: `500ms`, `10s`, `2m`, `1h`, or a number of seconds. Nil for
    /// anything else, and for more than ten days.
    package static func duration(_ text: String) -> Duration? {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let value = Double(number), value >= 0, number.first?.isNumber == true else { return nil }
        let seconds: Double
        switch text.dropFirst(number.count) {
        case "ms": seconds = value / 1000
        case "", "s": seconds = value
        case "m": seconds = value * 60
        case "h": seconds = value * 3600
        default: return nil
        }
        guard seconds <= 864_000 else { return nil }
        return .nanoseconds(Int64(seconds * 1e9))
    }

    /// The words of a line, taken one after the other.
    private struct Words {
        private var rest: ArraySlice<String>
        private let members: Int

        init(_ words: [String], members: Int) {
            rest = words[...]
            self.members = members
        }

        var isEmpty: Bool { rest.isEmpty }

        mutating func next(_ what: String) throws(Invalid) -> String {
            guard let word = rest.popFirst() else {
                throw Invalid(description: "\(what) is missing at the end of the line")
            }
            return word
        }

        func end() throws(Invalid) {
            guard let word = rest.first else { return }
            throw Invalid(description: "'\(word)' is too much")
        }

        /// Members' numbers joined by commas, as indices.
        func members(_ text: String) throws(Invalid) -> [Int] {
            var indices: [Int] = []
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                guard let number = Int(part), part.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                    throw Invalid(description: "'\(text)' is no list of members like 1,3")
                }
                guard (1...members).contains(number) else {
                    throw Invalid(description: "there is no member \(number): they are 1 to \(members)")
                }
                indices.append(number - 1)
            }
            return indices
        }

        mutating func list() throws(Invalid) -> [Int] { try members(try next("a list of members")) }

        mutating func groups() throws(Invalid) -> [[Int]] {
            var groups = [try list()]
            while let bar = rest.popFirst() {
                guard bar == "|" else {
                    throw Invalid(description: "groups are separated by ' | ', not by '\(bar)'")
                }
                groups.append(try list())
            }
            guard groups.count > 1 else {
                throw Invalid(description: "a split has at least two groups, like: split 1,2 | 3")
            }
            guard Set(groups.joined()).count == groups.reduce(0, { $0 + $1.count }) else {
                throw Invalid(description: "a member is in two groups")
            }
            return groups
        }

        mutating func number(_ what: String, in range: ClosedRange<Int>) throws(Invalid) -> Int {
            try Words.number(try next(what), what, in: range)
        }

        static func number(_ text: String, _ what: String, in range: ClosedRange<Int>) throws(Invalid)
            -> Int
        {
            guard let number = Int(text), range.contains(number) else {
                let upper = range.upperBound == .max ? "up" : "to \(range.upperBound)"
                throw Invalid(
                    description: "\(what) can't be '\(text)': give a number from \(range.lowerBound) \(upper)")
            }
            return number
        }

        mutating func rate() throws(Invalid) -> Double {
            let text = try next("RATE")
            guard let rate = Double(text), rate >= 0, rate <= 1_000_000 else {
                throw Invalid(description: "RATE can't be '\(text)': give a number of logins a second")
            }
            return rate
        }

        mutating func duration(_ what: String) throws(Invalid) -> Duration {
            try Words.duration(try next(what), what)
        }

        static func duration(_ text: String, _ what: String) throws(Invalid) -> Duration {
            guard let duration = Order.duration(text) else {
                throw Invalid(description: "\(what) can't be '\(text)': give a time like 500ms, 10s or 2m")
            }
            return duration
        }

        mutating func fault() throws(Invalid) -> Order {
            let name = try next("the kind of fault")
            var values: [String: String] = [:]
            while let word = rest.popFirst() {
                let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2 else {
                    throw Invalid(description: "'\(word)' is no KEY=VALUE")
                }
                guard values.updateValue(String(parts[1]), forKey: String(parts[0])) == nil else {
                    throw Invalid(description: "'\(parts[0])' is given twice")
                }
            }
            var fault: Fault
            switch name {
            case "silence": fault = Fault(.silence)
            case "close": fault = Fault(.close)
            case "reset": fault = Fault(.reset)
            case "drip":
                let rate = try values.removeValue(forKey: "rate").map { text throws(Invalid) in
                    try Words.number(text, "rate", in: 1...1_000_000_000)
                }
                fault = Fault(.drip(bytesPerSecond: rate ?? 10))
            case "delay":
                let span = try values.removeValue(forKey: "time").map { text throws(Invalid) in
                    try Words.duration(text, "time")
                }
                fault = Fault(.delay(span ?? .seconds(2)))
            case "garbage":
                let count = try values.removeValue(forKey: "bytes").map { text throws(Invalid) in
                    try Words.number(text, "bytes", in: 1...100_000_000)
                }
                fault = Fault(.garbage(count ?? 1000))
            case "endless-line": fault = Fault(.endlessLine)
            case "endless-list": fault = Fault(.endlessList)
            case "wrong-version":
                fault = Fault(.text(Array("VERSION\tdirector-doveadm\t2\t0\n".utf8)), at: .greeting)
            case "text":
                guard let text = values.removeValue(forKey: "text") else {
                    throw Invalid(description: "a text fault needs text=TEXT")
                }
                fault = Fault(.text(try Words.unescaped(text)))
            default:
                throw Invalid(
                    description: "'\(name)' is no kind of fault: there are "
                        + Order.faultUsage.map { String($0.form.prefix { $0 != " " }) }
                        .joined(separator: ", "))
            }
            var lasting: Duration?
            for (key, value) in values.sorted(by: { $0.key < $1.key }) {
                switch key {
                case "member": fault.members = Set(try members(value))
                case "at": fault.point = try Words.point(value)
                case "after": fault.prefix = .bytes(try Words.number(value, key, in: 0...Int.max))
                case "rows": fault.prefix = .rows(try Words.number(value, key, in: 0...Int.max))
                case "count": fault.count = try Words.number(value, key, in: 1...Int.max)
                case "for": lasting = try Words.duration(value, key)
                default:
                    throw Invalid(description: "a fault of the kind '\(name)' has no '\(key)'")
                }
            }
            return .fault(fault, lasting: lasting)
        }

        private static func point(_ text: String) throws(Invalid) -> Fault.Point {
            if let command = AdminCommand(rawValue: text) { return .command(command) }
            switch text {
            case "greeting": return .greeting
            case "handshake": return .handshake
            case "command": return .anyCommand
            default:
                throw Invalid(
                    description: "at can't be '\(text)': give greeting, handshake, command, "
                        + "or a command of the admin socket like HOST-LIST")
            }
        }

        /// The bytes that a text stands for.
        private static func unescaped(_ text: String) throws(Invalid) -> [UInt8] {
            var bytes: [UInt8] = []
            var rest = Array(text.utf8)[...]
            while let byte = rest.popFirst() {
                guard byte == UInt8(ascii: "\\") else {
                    bytes.append(byte)
                    continue
                }
                switch rest.popFirst() {
                case UInt8(ascii: "t"): bytes.append(0x09)
                case UInt8(ascii: "n"): bytes.append(0x0a)
                case UInt8(ascii: "r"): bytes.append(0x0d)
                case UInt8(ascii: "s"): bytes.append(0x20)
                case UInt8(ascii: "\\"): bytes.append(UInt8(ascii: "\\"))
                case UInt8(ascii: "x"):
                    let digits = rest.prefix(2)
                    rest = rest.dropFirst(2)
                    guard digits.count == 2,
                        let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
                    else { throw Invalid(description: "\\x needs two hexadecimal digits behind it") }
                    bytes.append(value)
                default:
                    throw Invalid(description: "\\ needs one of t, n, r, s, \\ and x behind it")
                }
            }
            return bytes
        }
    }
}
