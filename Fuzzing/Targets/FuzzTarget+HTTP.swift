internal import AdminProbe
internal import DirectorExporter
internal import DirectorRing
internal import NIOCore
internal import NIOEmbedded

extension FuzzTarget {
    /// The first byte says how the others are cut into pieces; the answers must not depend on it.
    static func http(_ bytes: [UInt8]) throws(FuzzFinding) {
        guard let seed = bytes.first else { return }
        let stream = bytes.dropFirst()
        let whole = try HTTPDialogue([Array(stream)])
        var pieces: [[UInt8]] = []
        var fragments = Fragments(stream, seed: seed)
        while let piece = fragments.next() { pieces.append(piece) }
        let cut = try HTTPDialogue(pieces)
        try expect(
            whole.statuses == cut.statuses,
            "pieces change the answers: \(whole.statuses) and \(cut.statuses)")
        try expect(whole.isOpen == cut.isOpen, "pieces change whether the connection stays open")
    }
}

/// A connection to the server without a network: what it answers to what comes in pieces.
private struct HTTPDialogue {
    private static let showcase: Showcase = {
        let showcase = Showcase()
        var reply = AdminReply()
        reply.hosts = [HostRow(address: IPAddress(v4: 0xc000_020b), vhosts: 100, users: 3)]
        showcase.show(RingSnapshot(reply), hashShares: nil)
        return showcase
    }()

    /// Status lines, in the order of the answers.
    private(set) var statuses: [String] = []
    /// Whether the server would take another request.
    private(set) var isOpen = false

    init(_ pieces: [[UInt8]]) throws(FuzzFinding) {
        let channel = EmbeddedChannel()
        var output: [UInt8] = []
        do {
            try HTTPDialogue.showcase.attach(to: channel)
            try channel.connect(to: SocketAddress(ipAddress: "192.0.2.9", port: 1)).wait()
            for piece in pieces where channel.isActive {
                // The handler deals with the parser's errors; what is thrown here is a closed channel.
                _ = try? channel.writeInbound(ByteBuffer(bytes: piece))
            }
            while let buffer = try channel.readOutbound(as: ByteBuffer.self) {
                output.append(contentsOf: buffer.readableBytesView)
            }
            isOpen = channel.isActive
            _ = try? channel.finish(acceptAlreadyClosed: true)
        } catch {
            throw FuzzFinding("the channel fails: \(error)")
        }
        try read(output)
    }

    /// Takes the answers apart. A body is skipped where it is there: the answer to HEAD has none.
    private mutating func read(_ output: [UInt8]) throws(FuzzFinding) {
        var rest = output[...]
        var hasClosed = false
        while !rest.isEmpty {
            try expect(!hasClosed, "an answer behind the one that closes the connection")
            guard rest.starts(with: "HTTP/1.1 ".utf8),
                let end = rest.firstRange(of: Array("\r\n\r\n".utf8))
            else { throw FuzzFinding("no head: \(String(decoding: rest.prefix(80), as: UTF8.self))") }
            let lines = String(decoding: rest[..<end.lowerBound], as: UTF8.self)
                .split(separator: "\r\n", omittingEmptySubsequences: false)
            rest = rest[end.upperBound...]
            statuses.append(String(lines[0]))
            if lines[0].hasPrefix("HTTP/1.1 100") { continue }
            let length = lines.first { $0.hasPrefix("Content-Length: ") }
                .flatMap { Int($0.dropFirst("Content-Length: ".count)) }
            guard let length else { throw FuzzFinding("an answer without a length") }
            hasClosed = lines.contains("Connection: close")
            if !rest.isEmpty, !rest.starts(with: "HTTP/1.1 ".utf8) {
                try expect(rest.count >= length, "a body is cut short")
                rest = rest.dropFirst(length)
            }
        }
    }
}
