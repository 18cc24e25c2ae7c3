import AdminProbe

/// What directors of several versions answer, as text: two lists, each ended by an empty line.
enum Fixture {
    static let greeting = "VERSION\tdirector-doveadm\t1\t0\n"

    static let v2_1_0 = """
        192.0.2.11\t100\t3
        192.0.2.12\t0\t0

        192.0.2.1\t9090\tself\t0
        192.0.2.2\t9090\tl+r\t1400000000


        """

    static let v2_2_16 = """
        192.0.2.11\t100\t3\tblue
        192.0.2.12\t100\t5\t

        192.0.2.1\t9090\tself\t0\tsyncing - last sync 12 secs ago
        192.0.2.2\t9090\tl+r\t0\tsynced
        192.0.2.3\t9090\t\t0\thandshaking


        """

    static let v2_2_19 = """
        192.0.2.11\t100\t3\t\tU\t1700000000
        192.0.2.12\t100\t5\t\tD\t0

        192.0.2.1\t9090\tself\t0\tsynced
        192.0.2.2\t9090\tleft\t0\tsynced
        192.0.2.3\t9090\tright\t0\tsyncing


        """

    static let v2_3 = """
        192.0.2.11\t100\t3\t\tU\t1700000000
        192.0.2.12\t100\t5\tt\u{1}tab\tD\t0
        2001:db8::11\t50\t1\tblue\tU\t0

        handshaking - 0 USERs received\t0\t33\t210\t0\t210\t1700000099\t1700000099
        192.0.2.1\t9090\tself\t0\tring syncing - last sync 3 secs ago\t17
        192.0.2.2\t9090\tright\t0\tsynced\t2\t860\t16274\t0\t216\t1700000090\t1700000091
        192.0.2.3\t9090\t\t1699999999\t
        192.0.2.4\t9090\tremoved\t0\t
        2001:db8::1\t9091\tleft\t0\tsyncing\t0\t4635\t12648\t7\t212\t0\t1700000092
        2001:db8::1\t9092\tout\t1700000080\thandshaking - 3 USERs sent\t0\t0\t0\t0\t0\t0\t0


        """

    static let standalone = """
        192.0.2.11\t100\t0\t\tU\t0

        127.0.0.1\t0\tself\t0\tring synced\t0


        """

    static let all = [v2_1_0, v2_2_16, v2_2_19, v2_3, standalone]

    /// Parses an answer as the connection would.
    static func reply(_ text: String) throws -> AdminReply {
        var reader = AdminReplyReader()
        try reader.consume(Array(greeting.utf8).span)
        reader.expectLists()
        try reader.consume(Array(text.utf8).span)
        return reader.takeReply()
    }

    /// Parses rows as they stand in recordings.
    static func reply(hosts: [String], directors: [String]) throws -> AdminReply {
        let lists = [hosts, directors].map { $0.map { $0 + "\n" }.joined() + "\n" }
        return try reply(lists.joined())
    }

    static func member(_ text: String) -> Member {
        guard let member = Member(text) else { preconditionFailure("no member: \(text)") }
        return member
    }
}
