internal import AdminProbe

/// One connection to an admin socket, as the server sees it. A value without I/O.
package struct AdminSession: Sendable {
    package typealias ID = Int

    enum Phase: Sendable, Equatable {
        case handshake
        case ready
        /// For a synced ring, to run this command then.
        case toRun(AdminCommand, [[UInt8]], until: Moment)
        /// For a synced ring, to say `OK` then.
        case toAnswer(until: Moment)
        /// For a HOST-RESET-USERS.
        case reset(Int)
        case over

        var isWaiting: Bool {
            switch self {
            case .toRun, .toAnswer, .reset: true
            case .handshake, .ready, .over: false
            }
        }

        var deadline: Moment? {
            switch self {
            case .toRun(_, _, let until), .toAnswer(let until): until
            case .handshake, .ready, .reset, .over: nil
            }
        }
    }

    /// What the server's buffer for a line holds.
    static let mostInput = 1024
    /// No more is read while so much waits to be written.
    static let mostOutput = 1024 * 1024
    static let syncTimeout: Duration = .seconds(30)

    let member: Int
    /// The life of the director that accepted it.
    let incarnation: Int
    var phase = Phase.handshake
    var input: [UInt8] = []
    var isInputOver = false
    /// A `Ring sync timed out` was said: the director doesn't survive another wait.
    var hasTimedOut = false
    package var outgoing = Outgoing()

    /// Whether something the client sends would be looked at now.
    var reads: Bool {
        switch phase {
        case .handshake, .ready: !outgoing.isFaulty && outgoing.size <= AdminSession.mostOutput
        case .toRun, .toAnswer, .reset, .over: false
        }
    }

    /// What came when the server tried to read.
    package enum Fill: Sendable {
        case bytes([UInt8])
        case nothing
        case end
    }

    /// The next line, without its LF and a CR before it. Nil where there is none yet.
    mutating func nextLine(_ fill: (Int) -> Fill) -> [UInt8]? {
        while true {
            if let end = input.firstIndex(of: 0x0a) {
                var line = Array(input[..<end])
                input.removeFirst(end + 1)
                if line.last == 0x0d { line.removeLast() }
                // To the server a line is a C string.
                if let zero = line.firstIndex(of: 0) { line.removeSubrange(zero...) }
                return line
            }
            guard input.count < AdminSession.mostInput else {
                isInputOver = true
                return nil
            }
            switch fill(AdminSession.mostInput - input.count) {
            case .bytes(let bytes): input += bytes
            case .nothing: return nil
            case .end:
                isInputOver = true
                return nil
            }
        }
    }

    /// Whether a line is a client's greeting.
    static func isGreeting(_ line: [UInt8]) -> Bool {
        let fields = line.split(separator: 0x09, omittingEmptySubsequences: false)
        guard fields.count == 4, fields[0].elementsEqual("VERSION".utf8),
            fields[1].elementsEqual("director-doveadm".utf8), fields[2].elementsEqual("1".utf8)
        else { return false }
        return Array(fields[3]).span.unsigned(upTo: UInt64(UInt32.max)) != nil
    }
}
