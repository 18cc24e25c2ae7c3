/// What stands behind a command, by name.
struct Arguments {
    private var values: [String: [UInt8]] = [:]
    private var repeated: [String: [[UInt8]]] = [:]

    /// No argument at all.
    static let none = Arguments()

    private init() {}

    /// - Parameters:
    ///   - parsed: the last value of an option counts.
    ///   - positionals: the names of what may stand without a name, in order; those that options
    ///     have named are taken.
    ///   - repeatedPositional: the name of any number of further ones.
    /// - Returns: nil where there are more than the names; the surplus is in `surplus`.
    init?(
        _ parsed: OptionParser.Result, positionals: [String], repeatedPositional: String?,
        surplus: inout [[UInt8]]
    ) {
        for (name, value) in parsed.options {
            values[name] = value
            repeated[name, default: []].append(value)
        }
        for (index, value) in parsed.positionals.enumerated() {
            guard let name = positionals.first(where: { values[$0] == nil }) else {
                if let repeatedPositional {
                    repeated[repeatedPositional, default: []].append(value)
                    continue
                }
                surplus = Array(parsed.positionals[index...])
                return nil
            }
            values[name] = value
        }
    }

    /// The value of an option or argument; nil where it isn't there.
    subscript(_ name: String) -> [UInt8]? { values[name] }

    /// All values of an option that may be repeated.
    func all(_ name: String) -> [[UInt8]] { repeated[name] ?? [] }

    /// Whether an option is there.
    func has(_ name: String) -> Bool { values[name] != nil }

    /// The value as text.
    func text(_ name: String) -> String? {
        values[name].map { String(decoding: $0, as: UTF8.self) }
    }
}
