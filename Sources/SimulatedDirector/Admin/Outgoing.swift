/// What a connection still has to say, and how. Bytes are made as they are taken.
package struct Outgoing: Sendable {
    /// What there is to do now.
    package enum Next: Sendable, Equatable {
        /// Write these, and tell how many went.
        case write([UInt8])
        case wait(until: Moment)
        case end(isReset: Bool)
        /// Never anything again.
        case silence
        case nothing
    }

    private enum Piece: Sendable {
        case bytes([UInt8])
        case drip([UInt8], bytesPerSecond: Int, since: Moment?, sent: Int)
        case delay(Duration, until: Moment?)
        case endlessLine
        case endlessList(AdminCommand?, row: UInt32)
        case silence
        case end(isReset: Bool)
    }

    private static let block = 64 * 1024

    private var pieces: [Piece] = []
    /// How much of the first piece has gone.
    private var offset = 0
    /// Bytes in good order that wait.
    private(set) var size = 0

    /// Something other than plain bytes waits: nothing more is read until it is over.
    var isFaulty: Bool {
        pieces.contains { piece in
            if case .bytes = piece { return false }
            return true
        }
    }

    var endsWithReset: Bool {
        if case .end(isReset: true) = pieces.last { true } else { false }
    }

    var isEmpty: Bool { pieces.isEmpty }

    mutating func say(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        size += bytes.count
        pieces.append(.bytes(bytes))
    }

    mutating func end(isReset: Bool = false) {
        pieces.append(.end(isReset: isReset))
    }

    /// Says a reply as the fault has it.
    mutating func say(
        _ reply: [UInt8], spoiledBy fault: Fault, command: AdminCommand?, random: inout RandomNumbers
    ) {
        let (good, rest) = fault.split(reply)
        say(good)
        switch fault.kind {
        case .silence: pieces.append(.silence)
        case .close: end()
        case .reset: end(isReset: true)
        case .drip(let rate):
            if !rest.isEmpty {
                pieces.append(.drip(rest, bytesPerSecond: max(rate, 1), since: nil, sent: 0))
            }
        case .delay(let span):
            pieces.append(.delay(span, until: nil))
            say(rest)
        case .garbage(let count):
            say((0..<count).map { _ in UInt8(truncatingIfNeeded: random.next() >> 32) })
        case .endlessLine: pieces.append(.endlessLine)
        case .endlessList: pieces.append(.endlessList(command, row: 0))
        case .text(let text): say(text)
        }
    }

    package mutating func next(at now: Moment) -> Next {
        while let piece = pieces.first {
            switch piece {
            case .bytes(let bytes):
                guard offset < bytes.count else {
                    drop()
                    continue
                }
                return .write(Array(bytes[offset..<min(bytes.count, offset + Outgoing.block)]))
            case .drip(let bytes, let rate, let since, let sent):
                guard sent < bytes.count else {
                    drop()
                    continue
                }
                let began = since ?? now
                if since == nil {
                    pieces[0] = .drip(bytes, bytesPerSecond: rate, since: began, sent: sent)
                }
                let elapsed = now.nanoseconds - began.nanoseconds
                let allowed = min(
                    Int(Double(elapsed) * Double(rate) / 1e9) + 1, bytes.count)
                if allowed > sent { return .write(Array(bytes[sent..<allowed])) }
                return .wait(until: began + .nanoseconds((sent * 1_000_000_000) / rate + 1_000))
            case .delay(let span, let until):
                let until = until ?? now + span
                pieces[0] = .delay(span, until: until)
                if now < until { return .wait(until: until) }
                drop()
            case .endlessLine:
                return .write([UInt8](repeating: UInt8(ascii: "x"), count: Outgoing.block))
            case .endlessList(let command, let row):
                let line = Outgoing.row(row, of: command)
                return .write(Array(line[offset...]))
            case .silence: return .silence
            case .end(let isReset): return .end(isReset: isReset)
            }
        }
        return .nothing
    }

    /// So many of the bytes of ``next(at:)`` were taken.
    package mutating func wrote(_ count: Int) {
        switch pieces.first {
        case .bytes:
            offset += count
            size -= count
        case .drip(let bytes, let rate, let since, let sent):
            pieces[0] = .drip(bytes, bytesPerSecond: rate, since: since, sent: sent + count)
        case .endlessList(let command, let row):
            offset += count
            if offset >= Outgoing.row(row, of: command).count {
                offset = 0
                pieces[0] = .endlessList(command, row: row &+ 1)
            }
        case .endlessLine, .delay, .silence, .end, nil: break
        }
    }

    private mutating func drop() {
        pieces.removeFirst()
        offset = 0
    }

    /// Hundreds of rows that could be real, in one piece.
    private static func row(_ number: UInt32, of command: AdminCommand?) -> [UInt8] {
        var text = ""
        for index in 0..<256 {
            let address = "10.\(number >> 8 & 255).\(number & 255).\(index)"
            switch command {
            case .directorList: text += "\(address)\t9090\t\t0\t\n"
            case .userList: text += "\(number &* 256 &+ UInt32(index))\t2000000000\t\(address)\n"
            default: text += "\(address)\t100\t0\t\tU\t0\n"
            }
        }
        return Array(text.utf8)
    }
}
