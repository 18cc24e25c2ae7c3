internal import AdminProbe
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOTLS

/// One HTTP connection: takes requests in order, answers them in order.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    /// No page takes a body; a small one is read and ignored.
    static let largestBody = 64 * 1024
    /// Whole requests that may wait for their turn before no more are taken from the wire.
    static let mostWaiting = 16

    private(set) var state: ConnectionState
    private let site: Site
    private var context: ChannelHandlerContext?
    /// The request that is coming in.
    private var current: HTTPRequestHead?
    private var bodyBytes = 0
    /// Whole requests that wait for the answer before theirs.
    private var waiting: [HTTPRequestHead] = []
    private var isAnswering = false
    private var isDraining = false
    /// The client has said all it wants to.
    private var isInputClosed = false
    /// Whether the last answer has been given.
    private var isClosing = false
    /// Whether all that was written is gone, and the connection is being closed.
    private var hasSaidFarewell = false
    /// Whether `answerWaiting()` is at work.
    private var isServing = false
    private var isReading = true

    private let transport: TransportHandler

    /// - Parameter transport: the other end of the pipeline.
    init(site: Site, transport: TransportHandler, isEncrypted: Bool) {
        self.site = site
        self.transport = transport
        state = ConnectionState(at: .now(), isEncrypted: isEncrypted)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        site.connections.add(self, on: context.eventLoop)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        site.connections.remove(self)
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        isClosing = true
        context.fireChannelInactive()
    }

    /// Bytes have come in; called before they are parsed.
    func bytesArrived() {
        state.received(at: .now())
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            begin(head, context)
        case .body(let bytes):
            bodyBytes += bytes.readableBytes
            if bodyBytes > ConnectionHandler.largestBody {
                refuse(HTTPAnswer(.payloadTooLarge, body: "No page takes a body.\n"))
            }
        case .end:
            guard let head = current else { return }
            current = nil
            waiting.append(head)
            answerWaiting()
        }
    }

    /// Answers what has been asked, in order, for as long as the client takes the answers.
    private func answerWaiting() {
        guard !isServing else { return }
        isServing = true
        defer { isServing = false }
        while !isAnswering, !isClosing, !waiting.isEmpty, context?.channel.isWritable == true {
            state.requested(at: .now())
            answer(waiting.removeFirst())
        }
        if !isAnswering, !isClosing, waiting.isEmpty {
            if current != nil { state.received(at: .now()) }
            if isInputClosed { finish() }
        }
        setReading()
    }

    /// Takes no more from the wire than can be answered.
    private func setReading() {
        guard let channel = context?.channel else { return }
        // The farewell of TLS is read, too.
        let reads =
            isClosing
            ? hasSaidFarewell
            : waiting.count < ConnectionHandler.mostWaiting && channel.isWritable
        guard reads != isReading else { return }
        isReading = reads
        channel.setOption(.autoRead, value: reads).whenFailure { _ in }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        current = head
        bodyBytes = 0
        guard Router.isContinueExpected(head), head.version == .http1_1 else { return }
        let length = head.headers.first(name: "Content-Length").flatMap { Int($0) } ?? 0
        if length > ConnectionHandler.largestBody {
            refuse(HTTPAnswer(.payloadTooLarge, body: "No page takes a body.\n"))
        } else if !isAnswering, waiting.isEmpty {
            write(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n"))
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        // Who doesn't read needn't ask for more.
        answerWaiting()
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { state.agreed(at: .now()) }
        if let event = event as? ChannelEvent, event == .inputClosed {
            isInputClosed = true
            // Both have said farewell; NIOSSL would wait for more. Else what the client is owed is
            // still given.
            if hasSaidFarewell { transport.abort() } else { answerWaiting() }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isClosing else { return }
        switch error {
        case HTTPParserError.headerOverflow:
            refuse(
                HTTPAnswer(.requestHeaderFieldsTooLarge, body: "The header is too large.\n"))
        case is HTTPParserError:
            refuse(.badRequest("That is no HTTP/1.1 request."))
        default:
            switch site.reloading.engine?.fault(of: error) {
            // The request may be whole, and the client may still read.
            case .ragged?: return
            case .other(let words)?: noteFailure(words, context)
            case nil: break
            }
            close()
        }
    }

    /// At debug level: whoever scans the port fails all the time.
    private func noteFailure(_ words: String, _ context: ChannelHandlerContext) {
        let peer = context.channel.remoteAddress.map { "\($0)" } ?? "?"
        site.log.debug("a TLS connection failed", metadata: ["peer": "\(peer)", "error": "\(words)"])
    }

    // MARK: Answers

    private func answer(_ head: HTTPRequestHead) {
        isAnswering = true
        guard !site.router.isOpen(head) else {
            serve(head)
            return
        }
        switch site.gate.admit(head, from: context?.channel.remoteAddress) {
        case .admitted: serve(head)
        case .refused(let answer): send(answer, to: head)
        case .pending(let refusal):
            refusal.assumeIsolated().whenComplete {
                switch $0 {
                case .success(nil): self.serve(head)
                case .success(let refusal?): self.send(refusal, to: head)
                case .failure:
                    self.send(
                        HTTPAnswer(.internalServerError, body: "The password can't be checked.\n"),
                        to: head)
                }
            }
        }
    }

    private func serve(_ head: HTTPRequestHead) {
        switch site.router.decide(head) {
        case .answer(let answer): send(answer, to: head)
        case .page(.metrics): answerMetrics(head)
        case .page(.reload): answerReload(head)
        case .page(let page): answer(page, head)
        }
    }

    private func answer(_ page: Router.Page, _ head: HTTPRequestHead) {
        if let answer = site.answerAtOnce(for: page) {
            send(answer, to: head)
            return
        }
        guard let context, !site.isBusy else {
            send(ConnectionHandler.busy, to: head)
            return
        }
        site.make(page, on: context.eventLoop).assumeIsolated().whenComplete {
            switch $0 {
            case .success(let answer): self.send(answer, to: head)
            case .failure:
                self.send(
                    HTTPAnswer(.internalServerError, body: "The page can't be made.\n"), to: head)
            }
        }
    }

    private static let busy = HTTPAnswer(
        .serviceUnavailable, headers: ["Retry-After: 1"],
        body: "Too many answers are being made; see --web.max-requests.\n")

    private func answerReload(_ head: HTTPRequestHead) {
        guard let context else { return }
        site.reload(on: context.eventLoop).assumeIsolated().whenSuccess { self.send($0, to: head) }
    }

    private func answerMetrics(_ head: HTTPRequestHead) {
        if let (buffer, headLength) = site.metrics.ready(head) {
            send(buffer, headLength: headLength, to: head)
            return
        }
        guard let context, !site.isBusy else {
            send(ConnectionHandler.busy, to: head)
            return
        }
        site.metrics.compress(head, on: context.eventLoop).assumeIsolated().whenComplete {
            switch $0 {
            case .success((let buffer, let headLength)):
                self.send(buffer, headLength: headLength, to: head)
            case .failure:
                self.send(
                    HTTPAnswer(.internalServerError, body: "The page can't be compressed.\n"),
                    to: head)
            }
        }
    }

    /// Sends bytes that other answers share.
    private func send(_ buffer: ByteBuffer, headLength: Int, to head: HTTPRequestHead) {
        let closes = endsConnection(head)
        guard closes || head.method == .HEAD || head.version == .http1_0 else {
            write(buffer)
            complete(closes: false)
            return
        }
        // The shared head ends in an empty line, before which one more header fits.
        let connection =
            closes ? "Connection: close\r\n" : "Connection: keep-alive\r\n"
        var own = buffer.getSlice(at: buffer.readerIndex, length: headLength - 2) ?? ByteBuffer()
        own.writeString(connection + "\r\n")
        write(own)
        if head.method != .HEAD,
            let body = buffer.getSlice(
                at: buffer.readerIndex + headLength, length: buffer.readableBytes - headLength)
        {
            write(body)
        }
        complete(closes: closes)
    }

    private func send(_ answer: HTTPAnswer, to head: HTTPRequestHead) {
        let closes = endsConnection(head)
        var answer = answer
        if !closes, head.version == .http1_0 { answer.headers.append("Connection: keep-alive") }
        put(answer, closes: closes, withBody: head.method != .HEAD)
        complete(closes: closes)
    }

    /// Answers what can't be understood, and ends the connection.
    private func refuse(_ answer: HTTPAnswer) {
        current = nil
        waiting = []
        put(answer, closes: true, withBody: true)
        complete(closes: true)
    }

    private func put(_ answer: HTTPAnswer, closes: Bool, withBody: Bool) {
        let date = Timestamp.httpDate(Timestamp.now())
        var buffer = ByteBuffer(string: answer.head(date: date, closes: closes, fixed: site.policy.headers))
        if withBody { buffer.writeBytes(answer.body) }
        write(buffer)
    }

    private func write(_ buffer: ByteBuffer) {
        guard let context else { return }
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    /// Behind a request for another protocol the parser understands nothing any more.
    private func endsConnection(_ head: HTTPRequestHead) -> Bool {
        isDraining || !head.isKeepAlive || head.method == .CONNECT
            || head.headers.contains(name: "Upgrade")
    }

    private func complete(closes: Bool) {
        isAnswering = false
        state.answered(at: .now())
        if closes { finish() } else { answerWaiting() }
    }

    /// Closes once what has been written is gone: the sweep looks after a client that doesn't read.
    private func finish() {
        guard let context, !isClosing else { return }
        isClosing = true
        waiting = []
        setReading()
        let loopBound = context.loopBound
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { _ in
            self.hasSaidFarewell = true
            self.setReading()
            loopBound.value.close(promise: nil)
            // Who has closed his side answers no farewell.
            if self.isInputClosed { self.transport.abort() }
        }
    }

    // MARK: The registry's calls

    var isQuiet: Bool {
        !isAnswering && waiting.isEmpty && unreadBytes == 0
    }

    private var unreadBytes: Int {
        guard let options = context?.channel.syncOptions else { return 0 }
        return (try? options.getOption(.bufferedWritableBytes)) ?? 0
    }

    func check(at now: MonotonicTime, limits: ConnectionState.Limits) {
        state.waiting(bytes: unreadBytes, at: now)
        switch state.verdict(at: now, limits: limits) {
        case .keep: break
        case .requestTimedOut where !isClosing:
            refuse(HTTPAnswer(.requestTimeout, body: "The request took too long.\n"))
        case .requestTimedOut, .close: close()
        }
    }

    func drain() {
        isDraining = true
        if isQuiet, current == nil { finish() }
    }

    /// At once: who is closed on has waited too long already, or makes room for others.
    func close() {
        isClosing = true
        transport.abort()
    }
}

/// Sees bytes before they are parsed: a request begins with its first byte, not with its last
/// header.
final class ArrivalHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: ConnectionHandler

    init(_ connection: ConnectionHandler) {
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.bytesArrived()
        context.fireChannelRead(data)
    }
}
