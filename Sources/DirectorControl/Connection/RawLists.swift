public import AdminProbe

/// Both lists of a director as they came, row by row, from one moment.
public struct RawLists: Sendable {
    /// The rows of HOST-LIST.
    public var hosts: [[UInt8]] = []
    /// The rows of DIRECTOR-LIST.
    public var directors: [[UInt8]] = []

    public init() {}

    /// The rows, read.
    ///
    /// - Throws: where they exceed what the protocol allows.
    public func reply() throws(AdminFault) -> AdminReply {
        var reader = AdminReplyReader()
        try reader.consume(Array(Greeting.client.utf8).span)
        reader.expectLists()
        for rows in [hosts, directors] {
            for row in rows {
                try reader.consume(row.span)
                try reader.consume([0x0a].span)
            }
            try reader.consume([0x0a].span)
        }
        return reader.takeReply()
    }
}
