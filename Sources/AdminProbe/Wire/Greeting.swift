/// The handshake of the admin socket, protocol major version 1.
package enum Greeting {
    /// What the client says first. The server compares name and major version and wants a decimal
    /// minor version, whose value doesn't matter to it.
    package static let client = "VERSION\tdirector-doveadm\t1\t0\n"

    /// Whether the server's first line is one that this client understands.
    package static func accepts(_ line: Span<UInt8>) -> Bool {
        let fields = LineFields(line)
        return fields.count >= 4
            && line.extracting(fields.range(0)).equals("VERSION")
            && line.extracting(fields.range(1)).equals("director-doveadm")
            && line.extracting(fields.range(2)).unsigned() == 1
            && line.extracting(fields.range(3)).unsigned() != nil
    }
}
