/// A row of DIRECTOR-LIST.
///
/// From 2.2.34 and 2.3.0 on there is a row per connection, one for this director, and one for each
/// known member without a connection; before, a row per member. What a version doesn't send is nil.
public enum DirectorRow: Equatable, ListRow {
    /// The director that answers.
    case own(OwnRow)
    /// A connection of the director to another member.
    case connection(ConnectionRow)
    /// A member that is known and not connected; normal for members that are no neighbours.
    case member(MemberRow)
    /// An incoming connection whose director has not said yet who it is.
    case anonymous

    /// Reads a row; nil where it isn't one. Fields behind the known ones are ignored.
    init?(parsing line: Span<UInt8>) {
        let fields = LineFields(line)
        if line.starts(with: "handshaking") {
            // 2.2.34 and 2.3.0 on: the first four fields are missing.
            guard fields.count >= 8, Traffic(parsing: line, fields, from: 1) != nil else {
                return nil
            }
            self = .anonymous
            return
        }
        guard fields.count >= 4,
            let address = IPAddress(parsing: line.extracting(fields.range(0))),
            let port = line.extracting(fields.range(1)).unsigned(upTo: UInt64(UInt16.max)),
            let failed = line.extracting(fields.range(3)).signed()
        else { return nil }
        let member = Member(address: address, port: UInt16(port))
        let lastFailure = max(failed, 0)
        let type = line.extracting(fields.range(2))
        // An empty status is none: that of a member without a connection.
        let status = fields.count > 4 ? line.extracting(fields.range(4)) : line.extracting(0..<0)

        if type.isEmpty || type.equals("removed") {
            self = .member(
                MemberRow(
                    member: member, lastFailure: lastFailure, isBeingRemoved: !type.isEmpty))
        } else if type.equals("self") {
            var row = OwnRow(member: member, lastFailure: lastFailure)
            row.status = RingStatus(parsing: status)
            if fields.count > 5 {
                guard let lap = line.extracting(fields.range(5)).unsigned() else { return nil }
                row.lastSyncMilliseconds = lap
            }
            self = .own(row)
        } else if let kind = ConnectionRow.Kind(parsing: type) {
            var row = ConnectionRow(member: member, lastFailure: lastFailure, kind: kind)
            row.status = ConnectionRow.Status(parsing: status)
            if fields.count > 5 {
                guard let traffic = Traffic(parsing: line, fields, from: 5) else { return nil }
                row.traffic = traffic
            }
            self = .connection(row)
        } else {
            return nil
        }
    }
}

/// The row of the director that answers.
public struct OwnRow: Sendable, Equatable {
    public var member: Member
    /// Epoch seconds; 0 when none is known.
    public var lastFailure: Int64
    /// Nil in versions before 2.2.16, and where the text is not understood.
    public var status: RingStatus?
    /// Duration of the last SYNC lap; nil before 2.2.34.
    public var lastSyncMilliseconds: UInt64?

    public init(
        member: Member, lastFailure: Int64 = 0, status: RingStatus? = nil,
        lastSyncMilliseconds: UInt64? = nil
    ) {
        self.member = member
        self.lastFailure = lastFailure
        self.status = status
        self.lastSyncMilliseconds = lastSyncMilliseconds
    }
}

/// What a director says of its ring. It says `synced` on both sides of a split one.
public enum RingStatus: Sendable, Equatable {
    /// Between the start of the process and its first handshake.
    case handshaking
    case synced
    /// Unsynced for this many seconds; nil where the text doesn't say.
    case syncing(seconds: UInt64?)

    /// `ring synced` and its like; before 2.2.34 without the word `ring`.
    init?(parsing status: Span<UInt8>) {
        let word = status.starts(with: "ring ") ? status.extracting(5..<status.count) : status
        if word.equals("synced") {
            self = .synced
        } else if word.starts(with: "handshaking") {
            self = .handshaking
        } else if word.starts(with: "syncing") {
            self = .syncing(seconds: RingStatus.seconds(in: word))
        } else {
            return nil
        }
    }

    private static func seconds(in word: Span<UInt8>) -> UInt64? {
        let prefix: StaticString = "syncing - last sync "
        guard word.starts(with: prefix) else { return nil }
        var end = prefix.utf8CodeUnitCount
        while end < word.count, word[end] != UInt8(ascii: " ") { end += 1 }
        return word.extracting(prefix.utf8CodeUnitCount..<end).unsigned(upTo: UInt64(Int32.max))
    }
}

/// The row of one connection to another member.
public struct ConnectionRow: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        case left
        case right
        /// Left and right at once: before 2.2.34, in a ring of two.
        case both
        case incoming
        case outgoing

        init?(parsing type: Span<UInt8>) {
            if type.equals("left") {
                self = .left
            } else if type.equals("right") {
                self = .right
            } else if type.equals("l+r") {
                self = .both
            } else if type.equals("in") {
                self = .incoming
            } else if type.equals("out") {
                self = .outgoing
            } else {
                return nil
            }
        }
    }

    public enum Status: Sendable, Equatable {
        case handshaking
        case syncing
        case synced

        init?(parsing status: Span<UInt8>) {
            if status.equals("synced") {
                self = .synced
            } else if status.equals("syncing") {
                self = .syncing
            } else if status.starts(with: "handshaking") {
                self = .handshaking
            } else {
                return nil
            }
        }
    }

    public var member: Member
    /// Epoch seconds; 0 when none is known.
    public var lastFailure: Int64
    public var kind: Kind
    /// Nil in versions before 2.2.16, and where the text is not understood.
    public var status: Status?
    /// Nil in versions before 2.2.34.
    public var traffic: Traffic?

    public init(
        member: Member, lastFailure: Int64 = 0, kind: Kind, status: Status? = nil,
        traffic: Traffic? = nil
    ) {
        self.member = member
        self.lastFailure = lastFailure
        self.kind = kind
        self.status = status
        self.traffic = traffic
    }
}

/// The counters of a connection row, 2.2.34 and 2.3.0 on.
public struct Traffic: Sendable, Equatable {
    /// Round trip of the last PING; 0 is under a millisecond, or none yet.
    public var pingMilliseconds: UInt64 = 0
    public var bytesReceived: UInt64 = 0
    public var bytesSent: UInt64 = 0
    public var bytesBuffered: UInt64 = 0
    public var bytesBufferedPeak: UInt64 = 0
    /// Epoch seconds; nil when there was none yet.
    public var lastInput: Int64?
    /// Epoch seconds; nil when there was none yet.
    public var lastOutput: Int64?

    public init() {}

    /// Reads the seven fields from `first` on; nil where one is missing or no number.
    init?(parsing line: Span<UInt8>, _ fields: LineFields, from first: Int) {
        guard fields.count >= first + 7,
            let ping = line.extracting(fields.range(first)).unsigned(),
            let received = line.extracting(fields.range(first + 1)).unsigned(),
            let sent = line.extracting(fields.range(first + 2)).unsigned(),
            let buffered = line.extracting(fields.range(first + 3)).unsigned(),
            let peak = line.extracting(fields.range(first + 4)).unsigned(),
            let input = line.extracting(fields.range(first + 5)).signed(),
            let output = line.extracting(fields.range(first + 6)).signed()
        else { return nil }
        pingMilliseconds = ping
        bytesReceived = received
        bytesSent = sent
        bytesBuffered = buffered
        bytesBufferedPeak = peak
        lastInput = input > 0 ? input : nil
        lastOutput = output > 0 ? output : nil
    }
}

/// The row of a member without a connection.
public struct MemberRow: Sendable, Equatable {
    public var member: Member
    /// Epoch seconds; 0 when none is known.
    public var lastFailure: Int64
    /// True from `ring remove` until the next ring sync.
    public var isBeingRemoved: Bool

    public init(member: Member, lastFailure: Int64 = 0, isBeingRemoved: Bool = false) {
        self.member = member
        self.lastFailure = lastFailure
        self.isBeingRemoved = isBeingRemoved
    }
}
