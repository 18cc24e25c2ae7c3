internal import AdminProbe

extension Playback {
    /// A recording that can't be played.
    package struct Invalid: Error, Equatable, CustomStringConvertible {
        /// From 1.
        package let line: Int
        package let reason: String

        package var description: String { "line \(line): \(reason)" }
    }

    private static let mostMembers = 1000

    /// Reads a recording: JSON lines, as CONTRIBUTING.md describes them.
    package init(recording bytes: [UInt8], began: Moment, speed: Double) throws(Invalid) {
        var header: (scenario: String, members: [Member])?
        var samples: [[Sample]] = []
        var events: [(at: Duration, text: String)] = []
        var number = 0
        for line in bytes.split(separator: 0x0a, omittingEmptySubsequences: false) {
            number += 1
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x0d }) { continue }
            func fail(_ reason: String) -> Invalid { Invalid(line: number, reason: reason) }
            let value: JSONValue
            do throws(JSONValue.Invalid) {
                value = try JSONValue(parsing: line)
            } catch {
                throw fail("no JSON: \(error.reason)")
            }
            guard let known = header else {
                guard let scenario = value["scenario"]?.string, let names = value["members"]?.strings,
                    !names.isEmpty, names.count <= Playback.mostMembers
                else { throw fail("the first line needs \"scenario\" and \"members\": see CONTRIBUTING.md") }
                let members = names.compactMap { Member($0) }
                guard members.count == names.count else {
                    throw fail("a member isn't written as IP:PORT")
                }
                header = (scenario, members)
                samples = Array(repeating: [], count: members.count)
                continue
            }
            guard let time = value["t"]?.number, (0...1e9).contains(time) else {
                throw fail("\"t\", the seconds since the start, is missing")
            }
            let at = Duration.milliseconds(Int64(time * 1000))
            if let event = value["event"]?.string {
                events.append((at, event))
                continue
            }
            guard let director = value["director"]?.number, let index = Int(exactly: director),
                (1...known.members.count).contains(index)
            else { throw fail("\"director\" isn't the number of a member") }
            guard let epoch = value["epoch"]?.number, (0...1e11).contains(epoch) else {
                throw fail("\"epoch\", the clock in seconds, is missing")
            }
            let content: Sample.Content
            if let hosts = value["hosts"]?.strings, let directors = value["directors"]?.strings {
                content = .lists(hosts: hosts, directors: directors)
            } else if let error = value["error"]?.string {
                content = .failure(Playback.availability(after: error))
            } else {
                throw fail("neither \"hosts\" and \"directors\" nor \"error\" is there")
            }
            samples[index - 1].append(Sample(at: at, epoch: Int64(epoch), content: content))
        }
        guard let header else { throw Invalid(line: 1, reason: "the file is empty") }
        for index in samples.indices { samples[index].sort { $0.at < $1.at } }
        self.init(
            scenario: header.scenario, members: header.members, events: events.sorted { $0.at < $1.at },
            samples: samples, began: began, speed: speed)
    }

    /// What a socket was like that gave this error.
    private static func availability(after error: String) -> AdminDesk.Availability {
        if error.contains("Refused") || error.contains("NotFound") || error.contains("refused") {
            .refuses
        } else if error.contains("Timeout") || error.contains("timed out") {
            .silent
        } else {
            .resets
        }
    }

    /// The same, begun now.
    package func beginning(at now: Moment) -> Playback {
        Playback(
            scenario: scenario, members: members, events: events, samples: samples, began: now, speed: speed)
    }
}
