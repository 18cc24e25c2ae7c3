internal import AdminProbe
internal import DirectorRing

/// A ring of any size, as a director of 2.3 sends it.
struct SampleRing: Sendable {
    let members: Int
    let backends: Int

    /// For names of benchmarks.
    var name: String { "\(members) members, \(backends) backends" }

    /// The largest that benchmarks know: beyond a class A network there are no more addresses.
    static let mostRows = 1 << 24

    private func address(_ network: Int, _ index: Int) -> String {
        precondition(index < SampleRing.mostRows)
        return "\(network).\(index >> 16).\(index >> 8 & 255).\(index & 255)"
    }

    /// The rows of HOST-LIST and the empty line behind them.
    ///
    /// - Parameter isUp: the state of every backend.
    func hostList(isUp: Bool = true) -> [UInt8] {
        var text = ""
        for index in 0..<backends {
            text += "\(address(10, index))\t100\t\(index % 997)\t\t\(isUp ? "U" : "D")\t1795000000\n"
        }
        return Array((text + "\n").utf8)
    }

    /// The rows of DIRECTOR-LIST and the empty line behind them. The first member answers; its
    /// neighbours are the second and the last.
    func directorList() -> [UInt8] {
        let counters = "0\t48635\t126480\t0\t2160\t1795000090\t1795000091"
        var text = ""
        for index in 0..<members {
            let head = "\(address(127, index + 1))\t9090\t"
            switch index {
            case 0: text += head + "self\t0\tring synced\t17\n"
            case 1: text += head + "right\t0\tsynced\t\(counters)\n"
            case members - 1: text += head + "left\t0\tsynced\t\(counters)\n"
            default: text += head + "\t0\t\n"
            }
        }
        return Array((text + "\n").utf8)
    }

    /// What the rows say.
    func reply(isUp: Bool = true) throws -> AdminReply {
        var stream = AdminStream()
        return try stream.reply(to: hostList(isUp: isUp) + directorList())
    }
}

/// The stream of an admin socket behind its greeting. Bytes come in pieces as they are read from it.
struct AdminStream {
    private static let readSize = 32 * 1024
    private var reader = AdminReplyReader()

    /// Reads an answer to both commands.
    mutating func reply(to bytes: [UInt8]) throws -> AdminReply {
        if reader.state == .greeting {
            try reader.consume(Array("VERSION\tdirector-doveadm\t1\t0\n".utf8).span)
        }
        reader.expectLists()
        let span = bytes.span
        for start in stride(from: 0, to: bytes.count, by: AdminStream.readSize) {
            try reader.consume(
                span.extracting(start..<min(start + AdminStream.readSize, bytes.count)))
        }
        return reader.takeReply()
    }
}
