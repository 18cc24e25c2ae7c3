internal import NIOCore

/// The end of the pipeline that is next to the socket.
///
/// It can end a connection without the farewell of TLS, and notices clients that speak HTTP where TLS
/// is expected.
final class TransportHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let expectsTLS: Bool
    private var hasLooked = false
    private var isOver = false
    private var context: ChannelHandlerContext?

    init(expectsTLS: Bool) {
        self.expectsTLS = expectsTLS
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        if expectsTLS, !hasLooked {
            hasLooked = true
            let buffer = unwrapInboundIn(data)
            // Handshakes begin with 22; requests with a method, in capitals.
            if let first = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self),
                (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first)
            {
                isOver = true
                let answer = HTTPAnswer.badRequest("HTTPS is spoken here, and this was HTTP.")
                var bytes = ByteBuffer(
                    string: answer.head(date: Timestamp.httpDate(Timestamp.now()), closes: true))
                bytes.writeBytes(answer.body)
                let loopBound = context.loopBound
                context.writeAndFlush(wrapOutboundOut(bytes)).assumeIsolated().whenComplete { _ in
                    loopBound.value.close(promise: nil)
                }
                return
            }
        }
        context.fireChannelRead(data)
    }

    /// Closes the socket at once.
    func abort() {
        isOver = true
        context?.close(promise: nil)
    }
}
