import AdminProbe
import Testing

@Suite struct AddressTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
        ("::", "::"), ("::1", "::1"), ("2001:DB8::1", "2001:db8::1"),
        ("2001:db8:0:0:0:0:0:1", "2001:db8::1"), ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1"), ("::ffff:c000:201", "::ffff:192.0.2.1"),
        ("::192.0.2.1", "::c000:201"), ("64:ff9b::192.0.2.1", "64:ff9b::c000:201"),
        ("fe80::", "fe80::"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
    ])
    func parsesAndPrints(_ text: String, _ canonical: String) {
        #expect(IPAddress(text)?.description == canonical)
    }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", " 1.2.3.4", "01.2.3.4", "1..2.3",
        ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::",
        "12345::", "g::", "::1%eth0", "[::1]", "::1.2.3", "1:2:3:4:5:6:7:1.2.3.4", "1:", "::1:",
        "2001:db8::1::", "1.2.3.-4", "１.2.3.4",
    ])
    func refuses(_ text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func mappedAddressIsAnother() {
        #expect(IPAddress("::ffff:192.0.2.1") != IPAddress("192.0.2.1"))
    }

    @Test func ordersByFamilyThenNumerically() {
        let texts = ["::1", "10.0.0.10", "10.0.0.9", "2001:db8::1", "9.255.0.0"]
        #expect(
            texts.compactMap { IPAddress($0) }.sorted().map(\.description)
                == ["9.255.0.0", "10.0.0.9", "10.0.0.10", "::1", "2001:db8::1"])
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1:9090"), ("192.0.2.1:0", "192.0.2.1:0"),
        ("192.0.2.1:65535", "192.0.2.1:65535"), ("2001:db8::1", "[2001:db8::1]:9090"),
        ("[2001:db8::1]", "[2001:db8::1]:9090"), ("[2001:db8::1]:1", "[2001:db8::1]:1"),
    ])
    func membersParseAndPrint(_ text: String, _ canonical: String) {
        #expect(Member(text)?.description == canonical)
    }

    @Test(arguments: [
        "", ":", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:-1", "192.0.2.1:+1", "[192.0.2.1]:1",
        "[::1", "[::1]x", "[::1]:", "host:1", "192.0.2.1:1:2", "192.0.2.1 :1", "192.0.2.1:１",
    ])
    func membersRefuse(_ text: String) {
        #expect(Member(text) == nil)
    }

    @Test func membersOrderByPortWithinAnAddress() {
        let members = ["192.0.2.1:10000", "192.0.2.1:9090", "192.0.2.1:0"].compactMap { Member($0) }
        #expect(members.sorted().map(\.port) == [0, 9090, 10000])
    }
}
