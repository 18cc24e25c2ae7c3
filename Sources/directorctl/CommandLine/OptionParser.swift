@preconcurrency internal import CGetopt
internal import Glibc

/// An option of a command line.
struct OptionDefinition: Sendable {
    /// Without the two dashes.
    let name: String
    let short: Character?
    let takesValue: Bool

    init(_ name: String, short: Character? = nil, takesValue: Bool = true) {
        self.name = name
        self.short = short
        self.takesValue = takesValue
    }

    /// What the C library returns for it: the short name's byte, or 0 without one.
    var code: Int32 { short?.asciiValue.map { Int32($0) } ?? 0 }
}

/// The C library's `getopt_long`, whose rules and messages are part of what scripts see.
enum OptionParser {
    /// What was found, in order. Names are bytes: a path need not be UTF-8.
    struct Result {
        /// An option by its long name, and its value.
        var options: [(name: String, value: [UInt8])] = []
        /// What is no option, in order.
        var positionals: [[UInt8]] = []
    }

    /// A command line that isn't understood.
    struct Invalid: Error {
        /// What was understood before that.
        let understood: Result
        fileprivate let scan: Scan

        /// Lets the C library say on standard error what is wrong.
        func report() {
            _ = scan.run(reportingErrors: true)
        }
    }

    /// Parses arguments.
    ///
    /// - Parameters:
    ///   - words: the program's or command's name, which begins the messages, and its arguments.
    ///   - stopsAtPositional: what follows the first argument that is no option isn't looked at.
    ///   - extensions: options that the other program doesn't have: they are known by their exact
    ///     long names alone, so that its abbreviations stay what they are.
    static func parse(
        _ words: [[UInt8]], _ definitions: [OptionDefinition], stopsAtPositional: Bool = false,
        extensions: [String] = []
    ) throws(Invalid) -> Result {
        let scan = Scan(
            words: words, definitions: definitions, stopsAtPositional: stopsAtPositional,
            extensions: extensions)
        let (result, isWhole) = scan.run(reportingErrors: false)
        guard isWhole else { throw Invalid(understood: result, scan: scan) }
        return result
    }

    /// One command line and what may stand in it.
    fileprivate struct Scan {
        let words: [[UInt8]]
        let definitions: [OptionDefinition]
        let stopsAtPositional: Bool
        let extensions: [String]

        /// Goes through the words, up to the first that isn't understood.
        func run(reportingErrors: Bool) -> (Result, isWhole: Bool) {
            var argv = words.map { copy($0) } + [nil]
            let names = definitions.map { copy(Array($0.name.utf8)) }
            // The library moves the words about: they are freed by what they were.
            let allocated = argv + names
            defer { for word in allocated { word?.deallocate() } }
            var longOptions: [option] = []
            for (definition, name) in zip(definitions, names) {
                longOptions.append(
                    option(
                        name: name, has_arg: definition.takesValue ? 1 : 0, flag: nil,
                        val: definition.code))
            }
            longOptions.append(option())
            var result = Result()
            // 0 starts the scan anew, whatever an earlier one has left.
            optind = 0
            opterr = reportingErrors ? 1 : 0
            while true {
                var index: Int32 = 0
                let code = getopt_long(
                    Int32(words.count), &argv, shortOptions, longOptions, &index)
                if code == -1 { break }
                if code == 0x3f {
                    let word = argv[Int(optind) - 1].map { String(cString: $0) } ?? ""
                    guard word.hasPrefix("--"), extensions.contains(String(word.dropFirst(2))) else {
                        return (result, false)
                    }
                    result.options.append((String(word.dropFirst(2)), []))
                    continue
                }
                let definition =
                    code == 0
                    ? definitions[Int(index)] : definitions.first { $0.code == code }
                if let definition { result.options.append((definition.name, bytes(optarg))) }
            }
            for index in min(Int(optind), words.count)..<words.count {
                result.positionals.append(bytes(argv[index]))
            }
            return (result, true)
        }

        private var shortOptions: String {
            (stopsAtPositional ? "+" : "")
                + definitions.compactMap { definition in
                    definition.short.map { "\($0)" + (definition.takesValue ? ":" : "") }
                }.joined()
        }

        private func copy(_ word: [UInt8]) -> UnsafeMutablePointer<CChar>? {
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: word.count + 1)
            for (index, byte) in word.enumerated() { copy[index] = CChar(bitPattern: byte) }
            copy[word.count] = 0
            return copy
        }

        private func bytes(_ word: UnsafeMutablePointer<CChar>?) -> [UInt8] {
            guard let word else { return [] }
            return Array(UnsafeRawBufferPointer(start: word, count: strlen(word)))
        }
    }
}
