package import AdminProbe

/// What a simulated ring is made of.
package struct RingConfiguration: Sendable {
    /// A configuration that can't be used.
    package struct Invalid: Error, CustomStringConvertible {
        package let description: String
    }

    package struct Backend: Sendable, Equatable {
        package var address: IPAddress
        package var tag: String
        package var vhosts: UInt32

        package init(address: IPAddress, tag: String = "", vhosts: UInt32 = 100) {
            self.address = address
            self.tag = tag
            self.vhosts = vhosts
        }
    }

    /// Each member keeps a table of its own.
    package static let mostMembers = 2_000
    package static let mostTableEntries = 20_000_000

    /// In the order of their numbers, from 1. One alone with port 0 is standalone.
    package var members: [Member] = []
    package var backends: [Backend] = []
    /// How many users there are. All are in the tables at the start.
    package var users = 0
    /// Logins a second, of users and through members at random. Nil for so many that most users stay
    /// in the tables.
    package var logins: Double?
    package var settings = Director.Settings()
    /// How long a message takes from one member to another.
    package var latency: Duration = .microseconds(100)
    package var seed: UInt64 = 1

    package init() {}

    package var loginsPerSecond: Double {
        logins ?? Double(users) / (Double(settings.userExpire) / 3)
    }

    package func check() throws(Invalid) {
        func refuse(_ text: String) throws(Invalid) { throw Invalid(description: text) }
        guard !members.isEmpty else { return try refuse("there is no member: give at least one") }
        guard members.count <= RingConfiguration.mostMembers else {
            return try refuse("at most \(RingConfiguration.mostMembers) members can be simulated")
        }
        guard Set(members).count == members.count else {
            return try refuse("a member is listed twice: each needs an address or a port of its own")
        }
        guard !members.contains(where: { $0.port == 0 }) || members.count == 1 else {
            return try refuse("port 0 is for a standalone director, which is alone")
        }
        guard !backends.contains(where: { $0.vhosts > 1000 }) else {
            return try refuse("a backend has at most 1000 vhosts")
        }
        let entries = members.count * (users + backends.count)
        guard entries <= RingConfiguration.mostTableEntries else {
            return try refuse(
                "\(entries) users and backends in the tables of all members are too many: "
                    + "at most \(RingConfiguration.mostTableEntries)")
        }
        guard settings.userExpire >= 10 else {
            return try refuse("users expire after 10 s at the soonest")
        }
    }
}
