import AdminProbe
import DirectorRing
import Testing

@Suite struct SnapshotTests {
    private func snapshot(
        _ directors: [String], hosts: [String] = [], beingRemoved: Set<Member> = []
    ) throws -> RingSnapshot {
        RingSnapshot(
            try Fixture.reply(hosts: hosts, directors: directors), beingRemoved: beingRemoved)
    }

    private func link(_ member: String, _ side: String, input: Int = 100) -> String {
        "\(member.replacing(":", with: "\t"))\t\(side)\t0\tsynced\t0\t1\t2\t0\t0\t\(input)\t\(input)"
    }

    private func names(_ members: [Member]) -> [String] { members.map(\.description) }

    @Test func ringOfFour() throws {
        let snapshot = try snapshot([
            "10.0.0.9\t9090\tself\t0\tring synced\t0", link("10.0.0.10:9090", "right"),
            "10.0.0.11\t9090\t\t5\t", link("10.0.0.8:9090", "left"),
        ])
        #expect(
            names(snapshot.order)
                == ["10.0.0.8:9090", "10.0.0.9:9090", "10.0.0.10:9090", "10.0.0.11:9090"])
        #expect(snapshot.expected?.left.description == "10.0.0.8:9090")
        #expect(snapshot.expected?.right.description == "10.0.0.10:9090")
        #expect(snapshot.left == snapshot.expected?.left)
        #expect(snapshot.right == snapshot.expected?.right)
        #expect(snapshot.isIsolated == false)
        #expect(snapshot.members.last?.lastFailure == 5)
    }

    @Test func orderWrapsAround() throws {
        let snapshot = try snapshot([
            "10.0.0.1\t9090\tself\t0\tring synced\t0", link("10.0.0.2:9090", "right"),
            link("10.0.0.3:9090", "left"),
        ])
        #expect(snapshot.expected?.left.description == "10.0.0.3:9090")
    }

    @Test func ringOfTwoHasItsPeerOnBothSides() throws {
        let snapshot = try snapshot([
            "10.0.0.1\t9090\tself\t0\tring synced\t0", link("10.0.0.2:9090", "right"),
            link("10.0.0.2:9090", "left"),
        ])
        #expect(snapshot.expected?.left == snapshot.expected?.right)
        #expect(snapshot.left?.description == "10.0.0.2:9090")
        #expect(snapshot.right?.description == "10.0.0.2:9090")
        #expect(snapshot.links.map(\.side) == [.left, .right])
    }

    @Test func oldRingOfTwo() throws {
        let snapshot = RingSnapshot(try Fixture.reply(Fixture.v2_1_0))
        #expect(snapshot.left == snapshot.right)
        #expect(snapshot.left?.description == "192.0.2.2:9090")
        #expect(snapshot.links.map(\.side) == [.left])
        #expect(snapshot.links.first?.isSynced == nil)
        #expect(snapshot.isSynced == nil)
        #expect(snapshot.anonymousConnections == nil)
        #expect(snapshot.isIsolated == false)
    }

    @Test func versionWithoutCounters() throws {
        let snapshot = RingSnapshot(try Fixture.reply(Fixture.v2_2_16))
        #expect(snapshot.status == .syncing(seconds: 12))
        #expect(snapshot.isHandshaked == true)
        #expect(snapshot.isSynced == false)
        #expect(snapshot.links.map(\.isSynced) == [true])
        #expect(snapshot.anonymousConnections == nil)
        #expect(snapshot.lastSyncMilliseconds == nil)
        #expect(names(snapshot.order).count == 3)
    }

    @Test func standaloneDirectorIsWhole() throws {
        let snapshot = RingSnapshot(try Fixture.reply(Fixture.standalone))
        #expect(snapshot.ownMember?.description == "127.0.0.1:0")
        #expect(snapshot.expected == nil)
        #expect(snapshot.isIsolated == false)
        #expect(snapshot.anonymousConnections == 0)
    }

    @Test func isolatedMember() throws {
        let snapshot = try snapshot([
            "10.0.0.1\t9090\tself\t0\tring synced\t0", "10.0.0.2\t9090\t\t0\t",
            "10.0.0.3\t9090\tout\t0\thandshaking - 0 USERs sent\t0\t0\t0\t0\t0\t0\t0",
        ])
        #expect(snapshot.isIsolated == true)
        #expect(snapshot.links.map(\.side) == [.outgoing])
        #expect(snapshot.links.first?.traffic?.lastInput == nil)
    }

    @Test func membersBeingRemovedAreNotInTheOrder() throws {
        let snapshot = try snapshot([
            "10.0.0.1\t9090\tself\t0\tring synced\t0", "10.0.0.2\t9090\tremoved\t0\t",
            link("10.0.0.3:9090", "right"), link("10.0.0.3:9090", "left"),
        ])
        #expect(names(snapshot.order) == ["10.0.0.1:9090", "10.0.0.3:9090"])
        #expect(snapshot.members.map(\.isBeingRemoved) == [false, true, false])
        #expect(snapshot.expected?.right.description == "10.0.0.3:9090")
    }

    @Test func theLastOtherMemberBeingRemovedIsolatesNobody() throws {
        let snapshot = try snapshot([
            "10.0.0.1\t9090\tself\t0\tring synced\t0", "10.0.0.2\t9090\tremoved\t0\t",
        ])
        #expect(snapshot.isIsolated == false)
        #expect(snapshot.expected == nil)
    }

    @Test func removedMemberThatKnocksIsStillBeingRemoved() throws {
        let knocking = [
            "10.0.0.1\t9090\tself\t0\tring synced\t0",
            "10.0.0.2\t9090\tin\t0\thandshaking - 0 USERs received\t0\t0\t0\t0\t0\t0\t0",
        ]
        let member = Fixture.member("10.0.0.2")
        let removed = try snapshot(knocking, beingRemoved: [member])
        #expect(removed.membersBeingRemoved == [member])
        #expect(try snapshot(knocking).membersBeingRemoved.isEmpty)
        let readmitted = try snapshot(
            ["10.0.0.1\t9090\tself\t0\tring synced\t0", "10.0.0.2\t9090\t\t0\t"],
            beingRemoved: [member])
        #expect(readmitted.membersBeingRemoved.isEmpty)
        let gone = try snapshot(
            ["10.0.0.1\t9090\tself\t0\tring synced\t0"], beingRemoved: [member])
        #expect(gone.members.count == 1)
    }

    @Test func missingOwnRow() throws {
        let snapshot = try snapshot([link("10.0.0.2:9090", "right"), "10.0.0.3\t9090\t\t0\t"])
        #expect(snapshot.ownMember == nil)
        #expect(snapshot.isIsolated == nil)
        #expect(snapshot.expected == nil)
        #expect(snapshot.isSynced == nil)
        #expect(names(snapshot.order) == ["10.0.0.2:9090", "10.0.0.3:9090"])
        #expect(snapshot.anonymousConnections == 0)
    }

    @Test func equalAddressesWithDifferentPorts() throws {
        let snapshot = try snapshot([
            "10.0.0.1\t9090\tself\t0\tring synced\t0", link("10.0.0.1:9091", "right"),
            link("10.0.0.1:10000", "left"),
        ])
        #expect(names(snapshot.order) == ["10.0.0.1:9090", "10.0.0.1:9091", "10.0.0.1:10000"])
        #expect(snapshot.expected?.left.port == 10000)
    }

    @Test func duplicateConnectionsAreOneLink() throws {
        let rows = [
            "10.0.0.1\t9090\tself\t0\tring synced\t0", link("10.0.0.2:9090", "in", input: 50),
            link("10.0.0.2:9090", "in", input: 70), link("10.0.0.2:9090", "in", input: 60),
            link("10.0.0.2:9090", "left", input: 10),
        ]
        let snapshot = try snapshot(rows)
        #expect(snapshot.links.map(\.side) == [.incoming, .left])
        #expect(snapshot.links.first?.traffic?.lastInput == 70)
    }

    @Test func backendTwinsAreSummed() throws {
        let snapshot = try snapshot(
            [],
            hosts: [
                "10.1.0.2\t100\t7\t\tU\t0", "10.1.0.1\t100\t3\tred\tD\t50",
                "10.1.0.1\t50\t2\t\tD\t60", "10.1.0.1\t25\t1\t\tU\t40",
            ])
        #expect(snapshot.backends.map(\.key.tag) == ["", "red", ""])
        #expect(snapshot.backends.map(\.vhosts) == [75, 100, 100])
        #expect(snapshot.backends.map(\.users) == [3, 3, 7])
        #expect(snapshot.backends.map(\.isUp) == [true, false, true])
        #expect(snapshot.backends.first?.lastChange == 60)
    }

    @Test func digestsCompareIdentities() throws {
        func members(_ rows: String...) throws -> Digest { try snapshot(rows).membersDigest }
        let ab = try members(
            "10.0.0.1\t9090\tself\t0\tring synced\t0", "10.0.0.2\t9090\t\t0\t")
        // The same set, seen from the other side.
        #expect(
            try ab == members("10.0.0.1\t9090\t\t9\t", "10.0.0.2\t9090\tself\t0\tring synced\t0"))
        // As many members, but others.
        #expect(
            try ab
                != members("10.0.0.1\t9090\tself\t0\tring synced\t0", "10.0.0.3\t9090\t\t0\t"))
        // One that is being removed doesn't count.
        #expect(
            try ab
                == members(
                    "10.0.0.1\t9090\tself\t0\tring synced\t0", "10.0.0.2\t9090\t\t0\t",
                    "10.0.0.3\t9090\tremoved\t0\t"))
        #expect(ab.description.count == 16)
    }

    @Test func backendDigestIgnoresWhatDiffersBetweenDirectors() throws {
        func digest(_ rows: String...) throws -> Digest {
            try snapshot([], hosts: rows).backendsDigest
        }
        let base = try digest("10.1.0.1\t100\t3\t\tU\t0", "10.1.0.2\t100\t3\t\tD\t0")
        #expect(try base == digest("10.1.0.2\t100\t9\t\tD\t7", "10.1.0.1\t100\t4\t\tU\t5"))
        #expect(try base != digest("10.1.0.1\t100\t3\t\tU\t0", "10.1.0.2\t100\t3\t\tU\t0"))
        #expect(try base != digest("10.1.0.1\t101\t3\t\tU\t0", "10.1.0.2\t100\t3\t\tD\t0"))
        #expect(try base != digest("10.1.0.1\t100\t3\tx\tU\t0", "10.1.0.2\t100\t3\t\tD\t0"))
        // Twins that differ in order alone are equal; twins are not their sum.
        let twins = try digest("10.1.0.1\t60\t0\t\tU\t0", "10.1.0.1\t40\t0\t\tD\t0")
        #expect(try twins == digest("10.1.0.1\t40\t0\t\tD\t0", "10.1.0.1\t60\t0\t\tU\t0"))
        #expect(try twins != digest("10.1.0.1\t100\t0\t\tU\t0"))
    }
}
