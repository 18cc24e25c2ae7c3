internal import AdminProbe

/// What a ring is made of, as it is told by flags or by the lines of a scenario.
package struct RingSettings: Sendable {
    /// A setting that can't be understood.
    package struct Invalid: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// A setting that there is.
    package struct Definition: Sendable {
        package let name: String
        /// What its value is; nil where it has none.
        package let value: String?
        package let help: String
        package let defaultText: String?
        package let isRepeatable: Bool
        let apply: @Sendable (String, inout RingSettings) throws(Invalid) -> Void
    }

    private var memberCount = 3
    private var members: [Member] = []
    private var backendCount = 6
    private var backends: [RingConfiguration.Backend] = []
    private var firstMember = IPAddress(v4: 0xc000_0201)
    private var firstBackend: IPAddress?
    private var isStandalone = false
    private var rest = RingConfiguration()
    package private(set) var version = ProtocolVersion.v2_3

    package init() {}

    package mutating func set(_ name: String, _ value: String) throws(Invalid) {
        guard let definition = RingSettings.definitions.first(where: { $0.name == name }) else {
            throw Invalid(description: "there is no setting '\(name)'")
        }
        try definition.apply(value, &self)
    }

    /// The ring that this makes.
    package func configuration() throws(Invalid) -> RingConfiguration {
        var configuration = rest
        if isStandalone {
            guard members.isEmpty else {
                throw Invalid(description: "a standalone director has no members: leave one of both out")
            }
            configuration.members = [Member(address: IPAddress(v4: 0x7f00_0001), port: 0)]
        } else if members.isEmpty {
            configuration.members = (0..<memberCount).map {
                Member(address: RingSettings.address(firstMember, plus: $0), port: Member.defaultPort)
            }
        } else {
            configuration.members = members
        }
        if backends.isEmpty {
            // The documentation's networks are small.
            let first = firstBackend ?? IPAddress(v4: backendCount > 254 ? 0x0a00_0001 : 0xc633_6401)
            configuration.backends = (0..<backendCount).map {
                RingConfiguration.Backend(address: RingSettings.address(first, plus: $0))
            }
        } else {
            configuration.backends = backends
        }
        do {
            try configuration.check()
        } catch {
            throw Invalid(description: error.description)
        }
        return configuration
    }

    private static func address(_ first: IPAddress, plus offset: Int) -> IPAddress {
        let (high, low) = first.bits
        if first.isIPv6 { return IPAddress(v6High: high, low: low &+ UInt64(offset)) }
        return IPAddress(v4: UInt32(truncatingIfNeeded: low) &+ UInt32(truncatingIfNeeded: offset))
    }

    // MARK: The settings

    private static func number(
        _ text: String, _ range: ClosedRange<Int>
    ) throws(Invalid) -> Int {
        guard let number = Int(text), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            range.contains(number)
        else {
            throw Invalid(
                description: "can't be '\(text)': give a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private static func address(_ text: String) throws(Invalid) -> IPAddress {
        guard let address = IPAddress(text) else {
            throw Invalid(description: "can't be '\(text)': give an IP address")
        }
        return address
    }

    /// `IP`, `IP1-IP2`, each with `@TAG` and `=VHOSTS` behind it.
    private static func backends(_ text: String) throws(Invalid) -> [RingConfiguration.Backend] {
        let expectation = "can't be '\(text)': give IP[-IP][@TAG][=VHOSTS], like 192.0.2.11@mail=50"
        func refuse() -> Invalid { Invalid(description: expectation) }
        let weighed = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        var vhosts: UInt32 = 100
        if weighed.count == 2 {
            guard let number = UInt32(weighed[1]), number <= 1000 else { throw refuse() }
            vhosts = number
        }
        let tagged = weighed[0].split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let tag = tagged.count == 2 ? String(tagged[1]) : ""
        let ends = tagged[0].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard (1...2).contains(ends.count), let first = IPAddress(ends[0]),
            let last = IPAddress(ends[ends.count - 1]), first.isIPv6 == last.isIPv6,
            first.bits.high == last.bits.high, first.bits.low <= last.bits.low,
            last.bits.low - first.bits.low < UInt64(RingConfiguration.mostTableEntries)
        else { throw refuse() }
        return (0...Int(last.bits.low - first.bits.low)).map {
            RingConfiguration.Backend(address: address(first, plus: $0), tag: tag, vhosts: vhosts)
        }
    }

    private static func duration(_ text: String) throws(Invalid) -> Duration {
        guard let duration = Order.duration(text) else {
            throw Invalid(description: "can't be '\(text)': give a time like 500ms, 10s or 2m")
        }
        return duration
    }

    package static let definitions: [Definition] = [
        Definition(
            name: "members", value: "N", help: "How many members the ring has.", defaultText: "3",
            isRepeatable: false
        ) { text, settings throws(Invalid) in
            settings.memberCount = try number(text, 1...RingConfiguration.mostMembers)
        },
        Definition(
            name: "member", value: "IP[:PORT]", help: "A member; repeat it for each, instead of members.",
            defaultText: nil, isRepeatable: true
        ) { text, settings throws(Invalid) in
            guard let member = Member(text) else {
                throw Invalid(description: "can't be '\(text)': give IP or IP:PORT, IPv6 in brackets")
            }
            settings.members.append(member)
        },
        Definition(
            name: "first-member", value: "IP", help: "The address that members are counted from.",
            defaultText: "192.0.2.1", isRepeatable: false
        ) { text, settings throws(Invalid) in settings.firstMember = try address(text) },
        Definition(
            name: "standalone", value: nil, help: "One director that is in no ring.", defaultText: nil,
            isRepeatable: false
        ) { _, settings throws(Invalid) in settings.isStandalone = true },
        Definition(
            name: "backends", value: "N", help: "How many backends there are.", defaultText: "6",
            isRepeatable: false
        ) { text, settings throws(Invalid) in
            settings.backendCount = try number(text, 0...RingConfiguration.mostTableEntries)
        },
        Definition(
            name: "backend", value: "IP[-IP][@TAG][=VHOSTS]",
            help: "A backend or a range of them; repeat it for more, instead of backends. The same one "
                + "may be given twice, as in Dovecot's configuration.",
            defaultText: nil, isRepeatable: true
        ) { text, settings throws(Invalid) in settings.backends += try backends(text) },
        Definition(
            name: "first-backend", value: "IP", help: "The address that backends are counted from.",
            defaultText: "198.51.100.1, or 10.0.0.1 for more than 254", isRepeatable: false
        ) { text, settings throws(Invalid) in settings.firstBackend = try address(text) },
        Definition(
            name: "users", value: "N",
            help: "How many users there are: user000000 and so on. At the start all are in the tables.",
            defaultText: "0", isRepeatable: false
        ) { text, settings throws(Invalid) in
            settings.rest.users = try number(text, 0...RingConfiguration.mostTableEntries)
        },
        Definition(
            name: "logins", value: "RATE", help: "How many of the users log in again each second.",
            defaultText: "so many that most stay in the tables", isRepeatable: false
        ) { text, settings throws(Invalid) in
            guard let rate = Double(text), rate >= 0, rate <= 1_000_000 else {
                throw Invalid(description: "can't be '\(text)': give a number of logins a second")
            }
            settings.rest.logins = rate
        },
        Definition(
            name: "user-expire", value: "TIME", help: "How long a user is remembered: director_user_expire.",
            defaultText: "15m", isRepeatable: false
        ) { text, settings throws(Invalid) in
            settings.rest.settings.userExpire = try duration(text).components.seconds
        },
        Definition(
            name: "username-hash", value: "FORMAT", help: "What of a name is hashed: director_username_hash.",
            defaultText: "%Lu", isRepeatable: false
        ) { text, settings throws(Invalid) in settings.rest.settings.usernameHash = text },
        Definition(
            name: "version-of", value: "VERSION",
            help: "Whose admin protocol is spoken: "
                + ProtocolVersion.allCases.map(\.rawValue).joined(separator: ", ") + ".",
            defaultText: "2.3", isRepeatable: false
        ) { text, settings throws(Invalid) in
            guard let version = ProtocolVersion(rawValue: text) else {
                throw Invalid(
                    description: "can't be '\(text)': give "
                        + ProtocolVersion.allCases.map(\.rawValue).joined(separator: ", "))
            }
            settings.version = version
        },
        Definition(
            name: "latency", value: "TIME", help: "How long a message takes from member to member.",
            defaultText: "0.1ms", isRepeatable: false
        ) { text, settings throws(Invalid) in
            settings.rest.latency = max(try duration(text), .microseconds(1))
        },
        Definition(
            name: "seed", value: "N", help: "Chooses which users log in and which packets get lost.",
            defaultText: "1", isRepeatable: false
        ) { text, settings throws(Invalid) in
            settings.rest.seed = UInt64(try number(text, 0...Int.max))
        },
    ]
}
