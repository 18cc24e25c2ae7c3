import AdminProbe
import Testing

@testable import DirectorExporter

@Suite struct ConnectionStateTests {
    private let limits = ConnectionState.Limits()

    private func time(_ seconds: Double) -> MonotonicTime {
        MonotonicTime(nanoseconds: Int64(seconds * 1e9))
    }

    @Test func idleConnectionsEndAfterAMinute() {
        let state = ConnectionState(at: time(0))
        #expect(state.verdict(at: time(60), limits: limits) == .keep)
        #expect(state.verdict(at: time(60.1), limits: limits) == .close)
    }

    @Test func aRequestHasTenSecondsInAll() {
        var state = ConnectionState(at: time(0))
        state.received(at: time(5))
        state.received(at: time(14))
        #expect(state.verdict(at: time(15), limits: limits) == .keep)
        #expect(state.verdict(at: time(15.1), limits: limits) == .requestTimedOut)
        state.requested(at: time(15))
        #expect(state.verdict(at: time(1000), limits: limits) == .keep)
        #expect(!state.isExpendable)
        state.answered(at: time(16))
        #expect(state.verdict(at: time(70), limits: limits) == .keep)
        #expect(state.isExpendable)
    }

    @Test func aClientThatDoesNotReadHasThirtySeconds() {
        var state = ConnectionState(at: time(0))
        state.waiting(bytes: 100, at: time(1))
        #expect(state.verdict(at: time(31), limits: limits) == .keep)
        #expect(state.verdict(at: time(31.1), limits: limits) == .close)
        state.waiting(bytes: 99, at: time(31))
        #expect(state.verdict(at: time(60), limits: limits) == .keep)
        state.waiting(bytes: 0, at: time(61))
        #expect(state.verdict(at: time(61), limits: limits) == .close)
    }
}
