package import AdminProbe
internal import DirectorControl

/// One director: its view of the ring, of backends and of users, and what it does when it hears
/// something or when time passes. A value without I/O: what it wants done is left in ``actions``.
///
/// It follows the ring protocol of Dovecot 2.3: links are dialled to the right and accepted from the
/// left, a SYNC that has gone around says that all agree, and silence is noticed by PINGs.
package struct Director: Sendable {
    /// What is the same for all members of a ring.
    package struct Settings: Sendable, Equatable {
        package var usernameHash = "%Lu"
        /// How long a user is remembered after he was last seen; seconds.
        package var userExpire: Int64 = 15 * 60
        /// How long a PING may be without any answer.
        package var pingIdleTimeout: Duration = .seconds(30)
        /// How long a PING may be without a PONG though other input comes.
        package var pingMaxTimeout: Duration = .seconds(60)
        /// How long a moved user has to wait until connections to the old backend have ended.
        package var kickDelay: Duration = .seconds(2)
        package var maxParallelMoves = 100

        package init() {}
    }

    /// What a director wants from the world around it.
    enum Action: Sendable {
        /// Open a connection; the link exists already.
        case dial(Link.ID, Member)
        case send(Link.ID, RingMessage, length: Int)
        case close(Link.ID)
        /// Call ``fire(_:)`` at that time.
        case schedule(Moment, UserTimer)
    }

    /// A step of moving a user.
    struct UserTimer: Sendable, Equatable {
        let key: UserKey
        /// Of the move that it belongs to; another one has another number.
        let move: Int
        let step: Step

        enum Step: Sendable {
            /// His connections through this director have been ended.
            case kicked
            /// The move has lasted too long, or its last delay is over.
            case over
        }
    }

    /// A user in the tables of all tags.
    struct UserKey: Hashable, Sendable {
        let tag: Int
        let hash: UInt32
    }

    /// A user who is being moved.
    struct Move: Sendable {
        enum State: Sendable {
            case killing, notifyReceived, waitingForNotify, waitingForEveryone, delay
        }

        let number: Int
        let isOurs: Bool
        var state = State.killing
    }

    /// A HOST-RESET-USERS that is under way.
    struct Reset: Sendable {
        let id: Int
        let maxMoving: Int
        /// The identities of the backends that are left, the next one last.
        var hosts: [Int32]
        /// The users of the present backend that are left, the next one last.
        var users: [UserKey]?
        var hasKilled = false
    }

    enum ReconnectReason: Sendable { case alone, preferred }

    static let reconnectRetry: Int64 = 60
    static let reconnectInterval: Duration = .seconds(30)
    static let quickReconnectInterval: Duration = .seconds(1)
    static let aloneGrace: Int64 = 20
    static let syncInterval: Duration = .seconds(5)
    static let purgeInterval: Duration = .seconds(30)
    static let moveTimeout: Duration = .seconds(30)

    package let own: Member
    let settings: Settings
    let hashFormat: UserHashFormat
    /// The time of what happens now; set before every step.
    var now: Moment

    // The ring.
    /// All members that it knows, itself included, in the ring's order.
    var peers: [Peer] = []
    /// In the order in which they began.
    var links: [Link] = []
    var left: Link.ID?
    var right: Link.ID?
    var nextLink = 0
    package internal(set) var isHandshaked = false
    package internal(set) var isSynced = false
    /// Epoch seconds of the last change of ``isSynced``.
    var lastSyncTime: Int64 = 0
    var lastSyncMilliseconds: Int64 = 0
    var syncStart: Moment
    var syncSequence: UInt32 = 0
    /// The number of its own last message around the ring.
    var ownSequence: UInt32 = 0
    var firstAlone: Int64 = 0
    var ringChanges = 0
    var ringChangesAtSync = 0
    var isFrozen = false
    var isSyncPending = false
    /// What is said is kept together until a step is over.
    var isCorked = false
    var reconnect: (why: ReconnectReason, timer: RepeatingTimer)?
    var syncTimer: RepeatingTimer?
    var purgeTimer: RepeatingTimer?

    // Backends and users.
    package internal(set) var hosts: HostTable
    /// As they were configured.
    var configuredHosts: HostTable
    var hashIndex = HashIndex()
    var configuredIndex = HashIndex()
    /// By the index of the tag.
    var users: [UserTable]
    var moves: [UserKey: Move] = [:]
    var nextMove = 0
    /// The one that began last is served first.
    var resets: [Reset] = []
    var nextReset = 0
    /// Resets that are done since somebody last asked.
    var finishedResets: [Int] = []

    /// Something that commands may wait for has happened.
    var hasStateChanged = false
    var actions: [Action] = []

    /// A process that has just begun, and knows only its configuration.
    ///
    /// - Parameter members: all of the ring, itself included.
    init(
        own: Member, members: [Member], hosts: HostTable, users: [UserTable] = [],
        settings: Settings, now: Moment
    ) {
        self.own = own
        self.settings = settings
        hashFormat = UserHashFormat(Array(settings.usernameHash.utf8))
        self.now = now
        syncStart = now
        self.hosts = hosts
        configuredHosts = hosts
        self.users = users
        peers = members.map { Peer($0) }
        if !members.contains(own) { peers.append(Peer(own)) }
        peers.sort { $0.member < $1.member }
        while self.users.count < hosts.tags.count { self.users.append(UserTable()) }
    }

    // MARK: Looking things up

    func peerIndex(_ member: Member) -> Int? {
        var low = 0
        var high = peers.count
        while low < high {
            let middle = (low + high) / 2
            if peers[middle].member < member { low = middle + 1 } else { high = middle }
        }
        return low < peers.count && peers[low].member == member ? low : nil
    }

    /// - Returns: the index of the member, who is added where he isn't known.
    @discardableResult
    mutating func ensurePeer(_ member: Member) -> Int {
        if let index = peerIndex(member) { return index }
        let index = peers.firstIndex { $0.member > member } ?? peers.count
        peers.insert(Peer(member), at: index)
        return index
    }

    mutating func changePeer(_ member: Member, _ body: (inout Peer) -> Void) {
        if let index = peerIndex(member) { body(&peers[index]) }
    }

    func linkIndex(_ id: Link.ID) -> Int? { links.firstIndex { $0.id == id } }

    func link(_ id: Link.ID?) -> Link? { id.flatMap { id in links.first { $0.id == id } } }

    mutating func changeLink(_ id: Link.ID, _ body: (inout Link) -> Void) {
        if let index = linkIndex(id) { body(&links[index]) }
    }

    var leftMember: Member? { link(left)?.member }
    var rightMember: Member? { link(right)?.member }

    /// Which of two members is the better neighbour: above 0 when `b` is nearer to this director's
    /// right than `a`, below 0 when `a` is, 0 when they are the same.
    func compareToOwn(_ a: Member, _ b: Member) -> Int {
        if a == b { return 0 }
        if b < a { return -compareToOwn(b, a) }
        if own < a { return 1 }
        if own < b { return -1 }
        return 1
    }

    /// The member that it should be linked to on the right; nil where all others are removed.
    var preferredRight: Member? {
        guard let index = peerIndex(own) else { return nil }
        for offset in 1..<max(peers.count, 2) {
            let peer = peers[(index + offset) % peers.count]
            if !peer.isRemoved { return peer.member == own ? nil : peer.member }
        }
        return nil
    }

    var hasOutgoingLinks: Bool { links.contains { !$0.isIncoming } }

    // MARK: Talking

    /// Ends a step: what was kept together has gone.
    mutating func uncork() {
        isCorked = false
        for index in links.indices { links[index].corkedBytes = 0 }
    }

    mutating func send(_ message: RingMessage, to id: Link.ID) {
        guard let index = linkIndex(id), links[index].isConnected else { return }
        let length = message.length
        links[index].bytesSent += UInt64(length)
        links[index].lastOutput = now
        if isFrozen || isCorked {
            links[index].corkedBytes += length
            links[index].peakBytes = max(links[index].peakBytes, links[index].corkedBytes)
        }
        actions.append(.send(id, message, length: length))
    }

    /// Tells everybody it is linked to, but for whom it comes from.
    mutating func tellAll(_ message: RingMessage, from source: Member) {
        for link in links where link.member != source && link.isConnected {
            send(message, to: link.id)
        }
    }

    /// The beginning of a message around the ring: a known one's, or its own next.
    mutating func origin(_ known: RingMessage.Origin?) -> RingMessage.Origin {
        if let known { return known }
        ownSequence += 1
        return RingMessage.Origin(member: own, sequence: ownSequence)
    }
}
