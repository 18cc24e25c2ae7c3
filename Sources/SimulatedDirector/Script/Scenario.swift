/// A scenario: what a ring is made of, and what is done to it when. See docs/simulator.md.
package struct Scenario: Sendable {
    /// A line that isn't understood.
    package struct Invalid: Error, Equatable, CustomStringConvertible {
        /// From 1.
        package let line: Int
        package let reason: String

        package var description: String { "line \(line): \(reason)" }
    }

    package private(set) var settings: RingSettings
    /// In the order of their times.
    package private(set) var steps: [(at: Duration, order: Order)] = []

    /// Reads a scenario's text.
    ///
    /// - Parameter settings: what holds where the text says nothing else.
    package init(_ text: String, settings: RingSettings = RingSettings()) throws(Invalid) {
        self.settings = settings
        var timed: [(line: Int, words: [Substring])] = []
        var lineNumber = 0
        for line in text.utf8.split(separator: 0x0a, omittingEmptySubsequences: false) {
            lineNumber += 1
            let line = String(line) ?? String(decoding: Array(line), as: UTF8.self)
            let content = line.prefix { $0 != "#" }
            let words = content.split { $0 == " " || $0 == "\t" || $0 == "\r" }
            guard let first = words.first else { continue }
            if first == "at" || first == "after" {
                timed.append((lineNumber, words))
                continue
            }
            guard RingSettings.definitions.contains(where: { $0.name == String(first) }) else {
                throw Invalid(
                    line: lineNumber,
                    reason: "'\(first)' is neither 'at' nor 'after' nor a setting: "
                        + RingSettings.definitions.map(\.name).joined(separator: ", "))
            }
            guard timed.isEmpty else {
                throw Invalid(line: lineNumber, reason: "settings stand before the first 'at'")
            }
            do {
                try self.settings.set(String(first), words.dropFirst().joined(separator: " "))
            } catch {
                throw Invalid(line: lineNumber, reason: "\(first) \(error)")
            }
        }
        let members: Int
        do {
            members = try self.settings.configuration().members.count
        } catch {
            throw Invalid(line: 1, reason: error.description)
        }
        var previous: Duration = .zero
        for (line, words) in timed {
            guard words.count >= 2, let span = Order.duration(String(words[1])) else {
                throw Invalid(line: line, reason: "'\(words[0])' needs a time behind it, like: at 10s heal")
            }
            let at = words[0] == "at" ? span : previous + span
            previous = at
            let order: Order
            do {
                order = try Order(words.dropFirst(2).joined(separator: " "), members: members)
            } catch {
                throw Invalid(line: line, reason: error.description)
            }
            switch order {
            case .status, .members, .faults, .wait:
                throw Invalid(line: line, reason: "'\(words[2])' is for ctl: a scenario has nobody to tell")
            default: steps.append((at, order))
            }
        }
        // Of the same time, in the order of the lines.
        steps = steps.enumerated().sorted {
            $0.element.at != $1.element.at ? $0.element.at < $1.element.at : $0.offset < $1.offset
        }.map(\.element)
    }
}
