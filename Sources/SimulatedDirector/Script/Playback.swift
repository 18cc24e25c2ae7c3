package import AdminProbe

/// A recording of a real ring, played back with its times shifted to now.
package struct Playback: Sendable {
    /// What one member said, or what became of asking it.
    struct Sample: Sendable {
        /// Since the beginning of the recording.
        let at: Duration
        /// The clock of the host that asked, in epoch seconds.
        let epoch: Int64
        let content: Content
        /// How many outages of this member there have been before.
        var life = 0

        enum Content: Sendable {
            case lists(hosts: [String], directors: [String])
            case failure(AdminDesk.Availability)
        }
    }

    package let scenario: String
    package let members: [Member]
    /// What was done to the ring, and when.
    package let events: [(at: Duration, text: String)]
    /// By member, in order.
    let samples: [[Sample]]
    /// When it began to be played.
    package let began: Moment
    /// How much faster than it was recorded.
    package let speed: Double

    init(
        scenario: String, members: [Member], events: [(at: Duration, text: String)],
        samples: [[Sample]], began: Moment, speed: Double
    ) {
        self.scenario = scenario
        self.members = members
        self.events = events
        self.began = began
        self.speed = speed
        self.samples = samples.map { samples in
            var life = 0
            var wasUp = true
            return samples.map { sample in
                var sample = sample
                if case .lists = sample.content {
                    if !wasUp { life += 1 }
                    wasUp = true
                } else if case .failure(.silent) = sample.content {
                    // The process stands still: its connections stay.
                } else {
                    wasUp = false
                }
                sample.life = life
                return sample
            }
        }
    }

    /// How far it has been played.
    package func position(at now: Moment) -> Duration { (now - began) * speed }

    /// How long it lasts.
    package var length: Duration {
        max(samples.compactMap { $0.last?.at }.max() ?? .zero, events.last?.at ?? .zero)
    }

    /// The last sample of a member; the first one before it.
    private func sample(_ member: Int, at now: Moment) -> Sample? {
        let position = position(at: now)
        let samples = samples[member]
        var low = 0
        var high = samples.count
        while low < high {
            let middle = (low + high) / 2
            if samples[middle].at <= position { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? samples[low - 1] : samples.first
    }

    func availability(_ member: Int, at now: Moment) -> AdminDesk.Availability {
        switch sample(member, at: now)?.content {
        case .lists: .answers
        case .failure(let availability): availability
        case nil: .refuses
        }
    }

    /// Which of a member's processes there is now.
    func life(_ member: Int, at now: Moment) -> Int { sample(member, at: now)?.life ?? 0 }

    /// Whether a connection of that life is still open.
    func keeps(_ life: Int, _ member: Int, at now: Moment) -> Bool {
        switch availability(member, at: now) {
        case .answers, .silent: self.life(member, at: now) == life
        case .refuses, .resets: false
        }
    }

    /// When an availability may change next.
    func nextChange(after now: Moment) -> Moment? {
        let position = position(at: now)
        guard position < length else { return nil }
        // Samples are about a second apart: to look a few times for each is enough.
        return now + .milliseconds(100)
    }

    /// Nil for what isn't recorded.
    func reply(to command: AdminCommand, _ member: Int, at now: Moment) -> [UInt8]? {
        guard let sample = sample(member, at: now), case .lists(let hosts, let directors) = sample.content
        else { return nil }
        // The time that the asking host had is now, so what is old stays as old as it was.
        let behind = position(at: now) - sample.at
        let shift = now.seconds - sample.epoch - Int64((behind / speed).inSeconds)
        switch command {
        case .hostList: return lines(hosts.map { Playback.shifted($0, fields: [5], by: shift) })
        case .directorList:
            return lines(
                directors.map { row in
                    let count = row.utf8.count(where: { $0 == 0x09 }) + 1
                    // An anonymous connection's row has neither address nor failure.
                    return Playback.shifted(row, fields: count == 8 ? [6, 7] : [3, 10, 11], by: shift)
                })
        default: return nil
        }
    }

    private func lines(_ rows: [String]) -> [UInt8] {
        Array((rows.map { $0 + "\n" }.joined() + "\n").utf8)
    }

    /// A row with some of its times moved; 0 stands for none and stays.
    static func shifted(_ row: String, fields moved: [Int], by shift: Int64) -> String {
        var fields = row.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        for index in moved where index < fields.count {
            guard let time = Int64(fields[index]), time > 0 else { continue }
            fields[index] = String(max(0, time.addingReportingOverflow(shift).partialValue))
        }
        return fields.joined(separator: "\t")
    }
}
