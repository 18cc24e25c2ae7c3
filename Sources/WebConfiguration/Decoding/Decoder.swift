/// Reads nodes as the values that a key wants. Strict: what has no meaning is an error.
///
/// What is accepted is what Go's yaml.v2 accepts for the same types, so that a file that passes here
/// passes `promtool check web-config` too.
struct Decoder {
    /// Aliases and merges can multiply; no valid file needs so many steps.
    private static let mostSteps = 10_000

    let file: String
    private var steps = 0

    init(file: String) {
        self.file = file
    }

    func error(_ position: Position?, _ message: String) -> WebConfigurationError {
        WebConfigurationError(file: file, position: position, message: message)
    }

    private mutating func step(at node: YAMLNode) throws(WebConfigurationError) {
        steps += 1
        guard steps <= Decoder.mostSteps else {
            throw error(node.position, "too many aliases: write out what is meant")
        }
    }

    // MARK: Scalars

    /// Nil for null.
    mutating func string(
        _ node: YAMLNode, _ name: String
    ) throws(WebConfigurationError) -> String? {
        let scalar = try scalar(node, name, wants: "a text")
        return scalar.resolvesToNull ? nil : scalar.text
    }

    /// Nil for null.
    mutating func truth(_ node: YAMLNode, _ name: String) throws(WebConfigurationError) -> Bool? {
        let scalar = try scalar(node, name, wants: "true or false")
        if scalar.resolvesToNull { return nil }
        guard let truth = scalar.truth else {
            throw error(node.position, "\(name) is true or false, without quotes")
        }
        return truth
    }

    /// One of some names; nil for null.
    mutating func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ node: YAMLNode, _ name: String, _ what: String, as type: Choice.Type
    ) throws(WebConfigurationError) -> Choice? {
        let scalar = try scalar(node, name, wants: what)
        if scalar.isNull { return nil }
        guard !scalar.resolvesToNull, let choice = Choice(rawValue: scalar.text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw error(
                node.position,
                "\(name) has no \(what) \(Decoder.quoted(scalar.text)): there are \(known)")
        }
        return choice
    }

    private mutating func scalar(
        _ node: YAMLNode, _ name: String, wants: String
    ) throws(WebConfigurationError) -> YAMLNode.Scalar {
        try step(at: node)
        guard case .scalar(let scalar) = node.content else {
            throw error(node.position, "\(name) takes \(wants), not a list and not further keys")
        }
        if let tag = scalar.tag {
            let isFitting =
                tag.hasSuffix(":null")
                ? ["", "~", "null", "Null", "NULL"].contains(scalar.text)
                : !tag.hasSuffix(":bool") || scalar.truth != nil
            guard YAMLNode.Scalar.knownTags.contains(tag), isFitting else {
                throw error(node.position, "the tag \(tag) has no meaning here: leave it out")
            }
        }
        return scalar
    }

    // MARK: Lists and mappings

    /// The items; nil for null.
    mutating func items(
        _ node: YAMLNode, _ name: String
    ) throws(WebConfigurationError) -> [YAMLNode]? {
        if case .sequence(let items) = node.content {
            try step(at: node)
            return items
        }
        if try isNull(node, name, wants: "a list, one item a line with a dash before it") {
            return nil
        }
        throw error(node.position, "\(name) takes a list, one item a line with a dash before it")
    }

    /// Hands over each key of a mapping with its value, those that are merged in included. No key
    /// may come twice but by a merge.
    mutating func fields(
        _ node: YAMLNode, _ name: String,
        _ take: (inout Decoder, _ key: Located<String>, _ value: YAMLNode)
            throws(WebConfigurationError) -> Void
    ) throws(WebConfigurationError) {
        guard case .mapping(let pairs) = node.content else {
            if try isNull(node, name, wants: "keys, each on a line of its own") { return }
            throw error(node.position, "\(name) takes keys, each on a line of its own")
        }
        try step(at: node)
        var seen: [String: Position] = [:]
        for (key, value) in pairs {
            if case .scalar(let scalar) = key.content, scalar.isMergeKey, !key.isAlias {
                try merge(value, name, take)
                continue
            }
            let text = try string(key, "a key") ?? ""
            if let earlier = seen.updateValue(key.position, forKey: text) {
                throw error(
                    key.position,
                    "\(Decoder.quoted(text)) is already given in line \(earlier.line): keep one of both")
            }
            try take(&self, Located(value: text, position: key.position), value)
        }
    }

    private mutating func merge(
        _ node: YAMLNode, _ name: String,
        _ take: (inout Decoder, _ key: Located<String>, _ value: YAMLNode)
            throws(WebConfigurationError) -> Void
    ) throws(WebConfigurationError) {
        switch node.content {
        case .mapping:
            try fields(node, name, take)
        case .sequence(let items) where !node.isAlias:
            // What comes first counts, so it is taken last.
            for item in items.reversed() {
                guard case .mapping = item.content else { throw mergeError(item) }
                try fields(item, name, take)
            }
        case .sequence, .scalar:
            throw mergeError(node)
        }
    }

    private func mergeError(_ node: YAMLNode) -> WebConfigurationError {
        error(node.position, "<< takes keys, or a list of aliases to keys")
    }

    private mutating func isNull(
        _ node: YAMLNode, _ name: String, wants: String
    ) throws(WebConfigurationError) -> Bool {
        guard case .scalar = node.content else { return false }
        return try scalar(node, name, wants: wants).resolvesToNull
    }

    /// A text from the file in a message: on one line, and no longer than one can read.
    static func quoted(_ text: String) -> String {
        var result = "'"
        for scalar in text.unicodeScalars.prefix(60) {
            if scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result + (text.unicodeScalars.count > 60 ? "…'" : "'")
    }
}
