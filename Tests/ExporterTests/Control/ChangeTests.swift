import DirectorControl
import Testing

@testable import DirectorControl

/// What is sent to a director, byte by byte.
@Suite struct ChangeTests {
    private func text(_ change: Change) -> String { String(decoding: change.line, as: UTF8.self) }

    @Test func lines() {
        #expect(text(.setHost(address: "192.0.2.1", tag: nil, vhosts: nil)) == "HOST-SET\t192.0.2.1\n")
        #expect(
            text(.setHost(address: "2001:db8::1", tag: Array("a".utf8), vhosts: 0))
                == "HOST-SET\t2001:db8::1@a\t0\n")
        #expect(
            text(.updateHost(address: "192.0.2.1", tag: nil, vhosts: 7)) == "HOST-UPDATE\t192.0.2.1\t7\n")
        #expect(text(.bringUp(address: "192.0.2.1")) == "HOST-UP\t192.0.2.1\n")
        #expect(text(.takeDown(address: "192.0.2.1")) == "HOST-DOWN\t192.0.2.1\n")
        #expect(text(.removeHost(address: "192.0.2.1")) == "HOST-REMOVE\t192.0.2.1\n")
        #expect(text(.resetUsers(address: nil, maxParallel: nil)) == "HOST-RESET-USERS\n")
        #expect(text(.resetUsers(address: nil, maxParallel: 5)) == "HOST-RESET-USERS\t\t5\n")
        #expect(
            text(.resetUsers(address: "192.0.2.1", maxParallel: 5))
                == "HOST-RESET-USERS\t192.0.2.1\t5\n")
        #expect(text(.flushHost(address: nil)) == "HOST-FLUSH\n")
        #expect(text(.flushHost(address: "192.0.2.1")) == "HOST-FLUSH\t192.0.2.1\n")
        #expect(text(.moveUser(hash: 5, address: "192.0.2.1")) == "USER-MOVE\t5\t192.0.2.1\n")
        #expect(text(.addDirector(address: "192.0.2.1", port: nil)) == "DIRECTOR-ADD\t192.0.2.1\n")
        #expect(
            text(.removeDirector(address: "192.0.2.1", port: 9091))
                == "DIRECTOR-REMOVE\t192.0.2.1\t9091\n")
    }

    @Test func whatWouldEndALineIsEscaped() {
        #expect(
            text(.kickUser(name: Array("a\tb\nHOST-FLUSH\u{1}\r".utf8)))
                == "USER-KICK\ta\u{1}tb\u{1}nHOST-FLUSH\u{1}1\u{1}r\n")
        #expect(
            text(.kickByField(name: Array("f\t".utf8), value: Array("v\n".utf8)))
                == "USER-KICK-ALT\tf\u{1}t\tv\u{1}n\n")
    }
}

@Suite struct HostAddressTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("1", "0.0.0.1"), ("1.2.3", "1.2.0.3"), ("010.1.2.3", "10.1.2.3"),
        ("0x7f.1", "127.0.0.1"), ("192.0.2.1 x", "192.0.2.1"), ("[2001:db8::1]", "2001:db8::1"),
        ("2001:DB8:0:0::1", "2001:db8::1"), ("::1.2.3.4", "::1.2.3.4"),
        ("::ffff:1.2.3.4", "::ffff:1.2.3.4"), ("4294967295", "255.255.255.255"),
    ]) func reads(_ text: String, _ address: String) {
        #expect(HostAddress(parsing: Array(text.utf8))?.text == address)
    }

    @Test(arguments: ["", "nonsense", "[192.0.2.1]", "192.0.2.256", "fe80::1%lo", "[::1", ":", "::1]"])
    func refuses(_ text: String) {
        #expect(HostAddress(parsing: Array(text.utf8)) == nil)
    }
}

@Suite struct UserHashTests {
    private func hash(_ name: String, _ format: String) throws -> UInt32 {
        try UserHashFormat(Array(format.utf8)).hash(of: Array(name.utf8).span)
    }

    @Test func formatsThatAreEqual() throws {
        #expect(try hash("user@example.com", "%Lu") == 3_045_693_125)
        #expect(try hash("USER@Example.com", "%Lu") == 3_045_693_125)
        #expect(try hash("test@example.com", "%n") == 160_394_189)
        #expect(try hash("x@test", "%d") == 160_394_189)
        #expect(try hash("xxTESTx", "%2.4Lu") == 160_394_189)
        #expect(try hash("tset", "%Ru") == 160_394_189)
        #expect(try hash("test", "%{user}") == 160_394_189)
        #expect(try hash("test   ", "%Tu") == 160_394_189)
        #expect(try hash("anything", "test") == 160_394_189)
    }

    @Test func unknownVariablesAreFailures() {
        for (format, reason) in [
            ("%x", "Unknown variable '%x'"), ("%{nothing}", "Unknown variable '%nothing'"),
            ("%{sha256:user}", "Unknown variable '%sha256'"),
        ] {
            #expect(throws: VariableExpansion.Failure(reason: reason)) { try hash("test", format) }
        }
    }

    @Test func tableKeepsNamesOfOneHash() {
        var table = UserTable()
        for index in 0..<5000 { table.add(Array("user\(index)".utf8).span, hash: UInt32(index % 1000)) }
        var names: [String] = []
        let isKnown = table.forEachName(of: 7) { name in
            names.append(name.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) })
        }
        #expect(isKnown && names == ["user4007", "user3007", "user2007", "user1007", "user7"])
        #expect(!table.forEachName(of: 1000) { _ in })
        #expect(!UserTable().forEachName(of: 1) { _ in })
    }
}
