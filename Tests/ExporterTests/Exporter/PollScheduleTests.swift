import AdminProbe
import Testing

@testable import DirectorExporter

@Suite struct PollScheduleTests {
    private func time(_ seconds: Double) -> MonotonicTime {
        MonotonicTime(nanoseconds: Int64(seconds * 1e9))
    }

    private let refused = AdminFault(.refused, "")
    private let mute = AdminFault(.timeout, "")

    @Test func successKeepsTheInterval() {
        var schedule = PollSchedule(interval: .seconds(1))
        #expect(schedule.succeeded(after: .milliseconds(200)) == .milliseconds(800))
        #expect(schedule.succeeded(after: .seconds(2)) == .zero)
    }

    @Test func backoffEndsAtFourSeconds() {
        var schedule = PollSchedule(interval: .seconds(1))
        let waits = (0..<20).map { schedule.failed(refused, at: time(Double($0))) }
        #expect(waits.prefix(4) == [.seconds(1), .seconds(2), .seconds(4), .seconds(4)])
        #expect(waits.allSatisfy { $0 <= .seconds(4) })
        _ = schedule.succeeded(after: .zero)
        #expect(schedule.failed(refused, at: time(30)) == .seconds(1))
    }

    @Test func shortAndLongIntervals() {
        var short = PollSchedule(interval: .milliseconds(100))
        #expect(short.failed(refused, at: time(0)) == .milliseconds(100))
        #expect(short.failed(refused, at: time(0)) == .milliseconds(200))
        var long = PollSchedule(interval: .seconds(60))
        #expect(long.failed(refused, at: time(0)) == .seconds(1))
    }

    @Test func socketThatNeverGreetsIsTriedSeldom() {
        var schedule = PollSchedule(interval: .seconds(1))
        #expect(schedule.failed(mute, at: time(0)) == .seconds(1))
        _ = schedule.failed(AdminFault(.disconnected, ""), at: time(30))
        #expect(schedule.failed(mute, at: time(59)) <= .seconds(4))
        #expect(!schedule.looksUnconfigured)
        #expect(schedule.failed(mute, at: time(60)) == .seconds(30))
        #expect(schedule.looksUnconfigured)
        // Another kind of failure is another state of affairs.
        #expect(schedule.failed(refused, at: time(90)) <= .seconds(4))
        #expect(schedule.failed(mute, at: time(94)) <= .seconds(4))
    }

    @Test func directorThatOnceGreetedIsNeverGivenUp() {
        var schedule = PollSchedule(interval: .seconds(1))
        _ = schedule.failed(AdminFault(.disconnected, "", afterGreeting: true), at: time(0))
        for second in 1..<1000 {
            #expect(schedule.failed(mute, at: time(Double(second))) <= .seconds(4))
        }
    }

    @Test func unsyncedSinceDoesNotJitter() {
        var clock = UnsyncedClock()
        #expect(clock.observe(seconds: nil, now: 100) == nil)
        #expect(clock.observe(seconds: 0, now: 100.9) == 100.9)
        #expect(clock.observe(seconds: 1, now: 101.2) == 100.9)
        #expect(clock.observe(seconds: 30, now: 131.5) == 100.9)
        #expect(clock.observe(seconds: 1, now: 131.5) == 130.5)
        #expect(clock.observe(seconds: nil, now: 132) == nil)
        #expect(clock.observe(seconds: 0, now: 133) == 133)
    }
}
