import AdminProbe
import Foundation

/// What the directors of a real ring said through a real fault.
struct Recording {
    struct Answer {
        /// Seconds since the start.
        var time: Double
        var epoch: Double
        /// From 1.
        var director: Int
        /// Nil where the socket could not be read.
        var reply: AdminReply?
    }

    struct Happening {
        var time: Double
        var text: String
    }

    var scenario: String
    var members: [Member]
    var happenings: [Happening] = []
    var answers: [Answer] = []

    static let names = [
        "backends", "crash", "hung-member", "partition-1-of-3", "partition-2-members",
        "partition-interleaved-4", "ring-change", "rolling-restart",
    ]

    private struct Line: Decodable {
        var scenario: String?
        var members: [String]?
        var t: Double?
        var event: String?
        var epoch: Double?
        var director: Int?
        var hosts: [String]?
        var directors: [String]?
        var error: String?
    }

    struct Malformed: Error {}

    init(named name: String) throws {
        guard
            let url = Bundle.module.url(
                forResource: name, withExtension: "jsonl", subdirectory: "Recordings")
        else { throw Malformed() }
        let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
            .map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
        guard let first = lines.first, let scenario = first.scenario, let members = first.members
        else { throw Malformed() }
        self.scenario = scenario
        self.members = members.compactMap { Member($0) }
        for line in lines.dropFirst() {
            guard let time = line.t else { throw Malformed() }
            if let event = line.event {
                happenings.append(Happening(time: time, text: event))
            } else if let epoch = line.epoch, let director = line.director {
                var answer = Answer(time: time, epoch: epoch, director: director)
                if let hosts = line.hosts, let directors = line.directors {
                    answer.reply = try Fixture.reply(hosts: hosts, directors: directors)
                } else if line.error == nil {
                    throw Malformed()
                }
                answers.append(answer)
            } else {
                throw Malformed()
            }
        }
    }
}
