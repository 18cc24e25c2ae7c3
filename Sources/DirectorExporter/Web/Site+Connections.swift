internal import NIOCore
internal import NIOHTTP1

extension Site {
    /// Puts all that a new connection needs into its pipeline.
    func prepare(_ channel: any Channel) -> EventLoopFuture<Void> {
        guard let keeper = policy.tls else {
            return channel.eventLoop.makeCompletedFuture { try install(on: channel, encryption: nil) }
        }
        return certificates.context(of: keeper).assumeIsolated().flatMap { context in
            // The configuration may have been read again meanwhile.
            guard self.policy.tls === keeper else { return self.prepare(channel) }
            return channel.eventLoop.makeCompletedFuture {
                try self.install(on: channel, encryption: context.handler())
            }
        }.nonisolated()
    }

    private func install(
        on channel: any Channel, encryption: (any ChannelHandler)?
    ) throws {
        let transport = TransportHandler(expectsTLS: encryption != nil)
        let handler = ConnectionHandler(
            site: self, transport: transport, isEncrypted: encryption != nil)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(transport)
        if let encryption { try pipeline.addHandler(encryption) }
        try pipeline.addHandlers([
            ArrivalHandler(handler),
            ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)),
            handler,
        ])
    }
}
