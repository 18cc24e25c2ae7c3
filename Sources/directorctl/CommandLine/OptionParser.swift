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

    /// The message has been written to standard error.
    struct Invalid: Error {}

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
        let arguments = words.map { word in
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: word.count + 1)
            for (index, byte) in word.enumerated() { copy[index] = CChar(bitPattern: byte) }
            copy[word.count] = 0
            return copy
        }
        let names = definitions.map { strdup($0.name) }
        defer {
            for argument in arguments { argument.deallocate() }
            for name in names { free(name) }
        }
        var longOptions: [option] = []
        for (definition, name) in zip(definitions, names) {
            longOptions.append(
                option(
                    name: name, has_arg: definition.takesValue ? 1 : 0, flag: nil,
                    val: definition.code))
        }
        longOptions.append(option())
        let shortOptions =
            (stopsAtPositional ? "+" : "")
            + definitions.compactMap { definition in
                definition.short.map { "\($0)" + (definition.takesValue ? ":" : "") }
            }.joined()

        /// One pass; nil where it came to an error.
        func pass(reportingErrors: Bool) -> Result? {
            var result = Result()
            var argv: [UnsafeMutablePointer<CChar>?] = arguments + [nil]
            // 0 starts the scan anew, whatever an earlier one has left.
            optind = 0
            opterr = reportingErrors ? 1 : 0
            while true {
                var index: Int32 = 0
                let code = getopt_long(Int32(words.count), &argv, shortOptions, longOptions, &index)
                if code == -1 { break }
                if code == 0x3f {
                    let word = argv[Int(optind) - 1].map { String(cString: $0) } ?? ""
                    guard word.hasPrefix("--"), extensions.contains(String(word.dropFirst(2))) else {
                        return nil
                    }
                    result.options.append((String(word.dropFirst(2)), []))
                    continue
                }
                let value = optarg.map { pointer in
                    Array(UnsafeRawBufferPointer(start: pointer, count: strlen(pointer)))
                }
                let definition =
                    code == 0
                    ? definitions[Int(index)]
                    : definitions.first { $0.code == code }
                if let definition { result.options.append((definition.name, value ?? [])) }
            }
            for index in Int(optind)..<max(Int(optind), words.count) {
                guard let pointer = argv[index] else { break }
                result.positionals.append(
                    Array(UnsafeRawBufferPointer(start: pointer, count: strlen(pointer))))
            }
            return result
        }
        if let result = pass(reportingErrors: false) { return result }
        // Once more to let the C library say what is wrong.
        _ = pass(reportingErrors: true)
        throw Invalid()
    }
}
