/// Which command the words of a command line name.
enum CommandFinder {
    /// Finds the command, whose words may be one argument or several and are never abbreviated.
    ///
    /// - Parameter words: the command line behind the global options; a first word `director` is
    ///   doveadm's and says nothing here.
    /// - Returns: the command, its last word and its arguments; nil where there is none.
    static func find(_ words: [[UInt8]]) -> (Command, [[UInt8]])? {
        let prefix = Array("director".utf8)
        guard let first = words.first else { return nil }
        let words = first == prefix || first.starts(with: prefix + [0x20]) ? words : [prefix] + words
        for command in Command.all {
            if let used = match(Array("director \(command.name)".utf8), words) {
                return (command, Array(words[(used - 1)...]))
            }
        }
        return nil
    }

    /// How many words make up a name; nil where they don't.
    private static func match(_ name: [UInt8], _ words: [[UInt8]]) -> Int? {
        var rest = name[...]
        for (index, word) in words.enumerated() {
            guard rest.starts(with: word), !word.isEmpty else { return nil }
            rest = rest.dropFirst(word.count)
            if rest.isEmpty { return index + 1 }
            guard rest.first == 0x20 else { return nil }
            rest = rest.dropFirst()
        }
        return nil
    }
}
