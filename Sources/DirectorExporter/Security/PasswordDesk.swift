internal import AdminProbe
internal import NIOCore
internal import NIOPosix
internal import WebConfiguration

/// Checks passwords; lives on the event loop.
///
/// bcrypt is slow, so one thread does it, for one password at a time, and what was right is
/// remembered. Clients take turns by their address: whoever tries passwords in masses waits for
/// himself alone, and is turned away when he has too many waiting.
final class PasswordDesk {
    enum Verdict: Sendable, Equatable {
        case right
        case wrong
        /// Too many passwords wait already.
        case busy
    }

    static let mostWaiting = 64
    static let mostWaitingOfOneClient = 4
    static let mostRemembered = 100

    private struct Job {
        var password: [UInt8]
        var hash: BcryptHash
        /// Nil for a user that doesn't exist: the answer is no, whatever is computed.
        var tag: SipHash.Digest?
        var promise: EventLoopPromise<Verdict>
    }

    private let loop: any EventLoop
    private let sip = SipHash()
    /// Nil until the first password comes.
    private var thread: NIOThreadPool?
    private var users: [String: BcryptHash] = [:]
    private var hashes: [BcryptHash] = []
    /// The tags of what was right, the latest last.
    private var remembered: [SipHash.Digest] = []
    private var queues: [IPAddress?: [Job]] = [:]
    /// Clients with something in their queue; whose turn is next comes first.
    private var turns: [IPAddress?] = []
    private var isChecking = false

    init(loop: any EventLoop) {
        self.loop = loop
    }

    deinit {
        thread?.shutdownGracefully { _ in }
    }

    private func startedThread() -> NIOThreadPool {
        if let thread { return thread }
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        thread = pool
        return pool
    }

    /// From now on these are the users.
    func setUsers(_ users: [String: BcryptHash]) {
        guard users != self.users else { return }
        self.users = users
        hashes = users.values.sorted { $0.text < $1.text }
        // A tag covers the hash, so that those of users who are gone are never asked for.
        remembered = []
    }

    /// - Parameter client: whose turn it counts for.
    func check(_ credentials: BasicCredentials, client: IPAddress?) -> EventLoopFuture<Verdict> {
        let known = users[credentials.user]
        // One that doesn't exist takes the time of one that does, and the same one each time.
        guard let hash = known ?? standIn(for: credentials.user) else {
            return loop.makeSucceededFuture(.wrong)
        }
        let tag = tag(credentials, hash)
        if known != nil, let index = remembered.lastIndex(of: tag) {
            remembered.append(remembered.remove(at: index))
            return loop.makeSucceededFuture(.right)
        }
        let waiting = queues[client]?.count ?? 0
        guard waiting < PasswordDesk.mostWaitingOfOneClient, makeRoom(forOneWith: waiting) else {
            return loop.makeSucceededFuture(.busy)
        }
        let promise = loop.makePromise(of: Verdict.self)
        if waiting == 0 { turns.append(client) }
        queues[client, default: []].append(
            Job(
                password: credentials.password, hash: hash, tag: known == nil ? nil : tag,
                promise: promise))
        checkNext()
        return promise.futureResult
    }

    private func standIn(for user: String) -> BcryptHash? {
        guard !hashes.isEmpty else { return nil }
        return hashes[Int(sip.digest(Array(user.utf8)).low % UInt64(hashes.count))]
    }

    private func tag(_ credentials: BasicCredentials, _ hash: BcryptHash) -> SipHash.Digest {
        // Neither part contains the separator: hashes have none, users are valid UTF-8.
        sip.digest(
            Array(credentials.user.utf8) + [0xff] + Array(hash.text.utf8) + [0xff]
                + credentials.password)
    }

    /// When all places are taken, a client that has more than one gives up its last.
    private func makeRoom(forOneWith waiting: Int) -> Bool {
        guard queues.values.reduce(0, { $0 + $1.count }) >= PasswordDesk.mostWaiting else {
            return true
        }
        guard let longest = queues.max(by: { $0.value.count < $1.value.count }),
            longest.value.count > waiting + 1, let job = queues[longest.key]?.popLast()
        else { return false }
        job.promise.succeed(.busy)
        return true
    }

    private func checkNext() {
        guard !isChecking, let client = turns.first, var queue = queues[client] else { return }
        turns.removeFirst()
        let job = queue.removeFirst()
        queues[client] = queue.isEmpty ? nil : queue
        if !queue.isEmpty { turns.append(client) }
        isChecking = true
        let password = job.password
        let hash = job.hash
        startedThread().runIfActive(eventLoop: loop) { PasswordHasher.verify(password, hash) }
            .assumeIsolated().whenComplete { result in
                self.isChecking = false
                if case .success(true) = result, let tag = job.tag {
                    self.remember(tag)
                    job.promise.succeed(.right)
                } else {
                    job.promise.succeed(.wrong)
                }
                self.checkNext()
            }
    }

    private func remember(_ tag: SipHash.Digest) {
        guard !remembered.contains(tag) else { return }
        if remembered.count >= PasswordDesk.mostRemembered { remembered.removeFirst() }
        remembered.append(tag)
    }
}
