internal import AdminProbe

extension FuzzTarget {
    /// What is written of an address or a member reads back as the same one.
    static func addresses(_ bytes: [UInt8]) throws(FuzzFinding) {
        if let address = IPAddress(parsing: bytes.span) {
            try expect(
                IPAddress(address.description) == address, "\(address) reads back as another one")
            try expect(address.description.utf8.count <= 45, "\(address) is too long")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        if let member = Member(text) {
            try expect(
                Member(member.description, defaultPort: 1) == member,
                "\(member) reads back as another one")
        }
    }
}
