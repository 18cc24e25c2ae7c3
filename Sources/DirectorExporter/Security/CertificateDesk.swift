internal import Logging
internal import NIOCore
internal import NIOPosix

/// Hands out certificates that are no older than the connection; lives on the event loop.
///
/// Before each handshake another thread looks whether the files have changed. All that arrive while
/// it looks share the next look.
final class CertificateDesk {
    /// Beyond that, connections get what is there: the disk seems to hang.
    private static let mostWaiting = 32

    private let loop: any EventLoop
    private let log: Logger
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private var isStarted = false
    private var isLooking = false
    private var next: (promise: EventLoopPromise<Void>, keeper: TLSKeeper)?
    private var waiting = 0

    init(loop: any EventLoop, log: Logger) {
        self.loop = loop
        self.log = log
    }

    func context(of keeper: TLSKeeper) -> EventLoopFuture<any TLSContext> {
        guard waiting < CertificateDesk.mostWaiting else {
            return loop.makeSucceededFuture(keeper.context)
        }
        waiting += 1
        let look: EventLoopFuture<Void>
        if isLooking {
            let promise = next?.promise ?? loop.makePromise()
            next = (promise, keeper)
            look = promise.futureResult
        } else {
            look = start(keeper)
        }
        return look.assumeIsolated().map {
            self.waiting -= 1
            return keeper.context
        }.nonisolated()
    }

    private func start(_ keeper: TLSKeeper) -> EventLoopFuture<Void> {
        if !isStarted {
            isStarted = true
            thread.start()
        }
        isLooking = true
        let done = loop.makePromise(of: Void.self)
        thread.runIfActive(eventLoop: loop) { keeper.refresh() }
            .assumeIsolated().whenComplete { result in
                self.isLooking = false
                if case .success(let refreshment) = result { self.report(refreshment) }
                if let (promise, keeper) = self.next {
                    self.next = nil
                    self.start(keeper).cascade(to: promise)
                }
                done.succeed()
            }
        return done.futureResult
    }

    private func report(_ refreshment: TLSKeeper.Refreshment) {
        switch refreshment {
        case .unchanged: break
        case .renewed: log.info("the certificate's files have changed and were read again")
        case .failed(let message):
            log.error("the certificate's files have changed; the last good ones stay: \(message)")
        }
    }
}
