private import CYAML
private import Glibc

/// Reads the one document of a YAML text, with libyaml.
final class YAMLReader {
    /// Deeper than any valid file.
    private static let deepest = 32
    /// More nodes than any valid file of the largest size has.
    private static let mostNodes = 100_000

    private let file: String
    private var library: dde_yaml_library
    private var parser: UnsafeMutablePointer<yaml_parser_t>?
    private var anchors: [String: YAMLNode] = [:]
    /// Anchors whose nodes are still being read.
    private var open: [String] = []
    private var count = 0
    private var escapes = EscapeFinder([])

    /// - Parameter file: what it is called in errors.
    init(file: String) throws(WebConfigurationError) {
        self.file = file
        library = dde_yaml_library()
        guard dde_yaml_open(&library) == 1 else {
            throw WebConfigurationError(
                file: file, position: nil,
                message: "can't be read without the library libyaml (libyaml-0.so.2): install it, "
                    + "on Debian as libyaml-0-2")
        }
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        guard library.initialize(parser) == 1 else {
            parser.deallocate()
            throw WebConfigurationError(file: file, position: nil, message: "no memory to read it")
        }
        self.parser = parser
    }

    deinit {
        if let parser {
            library.delete_parser(parser)
            parser.deallocate()
        }
        if library.handle != nil { dde_yaml_close(&library) }
    }

    /// The document; nil for a text that has none.
    func read(_ text: [UInt8]) throws(WebConfigurationError) -> YAMLNode? {
        guard !text.starts(with: [0xff, 0xfe]), !text.starts(with: [0xfe, 0xff]) else {
            throw error(nil, "is UTF-16: save it as UTF-8")
        }
        if let position = YAMLReader.straySignature(in: text) {
            throw error(position, "an invisible byte order mark (U+FEFF) stands here: remove it")
        }
        escapes = EscapeFinder(text)
        // The parser keeps a pointer to the text.
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, text.count))
        defer { copy.deallocate() }
        _ = copy.initialize(from: text)
        library.set_input(parser, copy.baseAddress, text.count)
        var root: YAMLNode?
        while true {
            let event = try next()
            switch event.kind {
            case YAML_STREAM_END_EVENT: return root
            case YAML_DOCUMENT_START_EVENT where root != nil:
                throw error(
                    event.position,
                    "a second document begins here, which nothing would read: keep everything in one")
            case YAML_STREAM_START_EVENT, YAML_DOCUMENT_START_EVENT, YAML_DOCUMENT_END_EVENT: break
            default: root = try node(event, depth: 0)
            }
        }
    }

    private struct Event {
        var kind = YAML_NO_EVENT
        var position: Position
        /// The text of a scalar, the name of an alias.
        var text = ""
        var anchor: String?
        var tag: String?
        var isPlain = false
    }

    private func error(_ position: Position?, _ message: String) -> WebConfigurationError {
        WebConfigurationError(file: file, position: position, message: message)
    }

    private func next() throws(WebConfigurationError) -> Event {
        var raw = yaml_event_t()
        guard library.parse(parser, &raw) == 1 else { throw syntaxError() }
        defer { library.delete_event(&raw) }
        var event = Event(kind: raw.type, position: YAMLReader.position(raw.start_mark))
        switch raw.type {
        case YAML_SCALAR_EVENT:
            let scalar = raw.data.scalar
            event.text = String(
                decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length),
                as: UTF8.self)
            event.anchor = YAMLReader.text(scalar.anchor)
            event.tag = YAMLReader.text(scalar.tag)
            event.isPlain = scalar.plain_implicit != 0
            if scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE,
                escapes.hasEscapedSlash(raw.start_mark.index..<raw.end_mark.index)
            {
                // libyaml takes it, Go's parser doesn't.
                throw error(event.position, "\\/ is no escape in YAML 1.1: write the / alone")
            }
        case YAML_DOCUMENT_START_EVENT:
            if let version = raw.data.document_start.version_directive?.pointee,
                version.major != 1 || version.minor != 1
            {
                throw error(
                    event.position,
                    "this is read as YAML 1.1, and not as \(version.major).\(version.minor): "
                        + "remove the line that begins with %YAML")
            }
        case YAML_ALIAS_EVENT:
            event.text = YAMLReader.text(raw.data.alias.anchor) ?? ""
        case YAML_SEQUENCE_START_EVENT:
            event.anchor = YAMLReader.text(raw.data.sequence_start.anchor)
            event.tag = YAMLReader.text(raw.data.sequence_start.tag)
        case YAML_MAPPING_START_EVENT:
            event.anchor = YAMLReader.text(raw.data.mapping_start.anchor)
            event.tag = YAMLReader.text(raw.data.mapping_start.tag)
        default: break
        }
        return event
    }

    private func node(
        _ event: Event, depth: Int
    ) throws(WebConfigurationError) -> YAMLNode {
        count += 1
        guard depth <= YAMLReader.deepest, count <= YAMLReader.mostNodes else {
            throw error(event.position, 
                "nothing that belongs here is so deep or so large: look for what got in by mistake")
        }
        if event.kind == YAML_ALIAS_EVENT {
            if open.contains(event.text) {
                throw error(
                    event.position,
                    "*\(event.text) stands inside of &\(event.text): write out what is meant")
            }
            guard var target = anchors[event.text] else {
                throw error(
                    event.position,
                    "there is no &\(event.text) before *\(event.text): write out what is meant")
            }
            target.position = event.position
            target.isAlias = true
            return target
        }
        if let anchor = event.anchor { open.append(anchor) }
        let content: YAMLNode.Content =
            switch event.kind {
            case YAML_SEQUENCE_START_EVENT: .sequence(try sequence(event, depth: depth))
            case YAML_MAPPING_START_EVENT: .mapping(try mapping(event, depth: depth))
            default:
                .scalar(YAMLNode.Scalar(text: event.text, tag: event.tag, isPlain: event.isPlain))
            }
        let node = YAMLNode(content: content, position: event.position)
        if let anchor = event.anchor {
            open.removeLast()
            anchors[anchor] = node
        }
        return node
    }

    private func sequence(
        _ event: Event, depth: Int
    ) throws(WebConfigurationError) -> [YAMLNode] {
        try refuseTag(of: event, but: "seq")
        var items: [YAMLNode] = []
        while true {
            let item = try next()
            if item.kind == YAML_SEQUENCE_END_EVENT { return items }
            items.append(try node(item, depth: depth + 1))
        }
    }

    private func mapping(
        _ event: Event, depth: Int
    ) throws(WebConfigurationError) -> [(key: YAMLNode, value: YAMLNode)] {
        try refuseTag(of: event, but: "map")
        var pairs: [(key: YAMLNode, value: YAMLNode)] = []
        while true {
            let key = try next()
            if key.kind == YAML_MAPPING_END_EVENT { return pairs }
            let keyNode = try node(key, depth: depth + 1)
            pairs.append((keyNode, try node(try next(), depth: depth + 1)))
        }
    }

    private func refuseTag(of event: Event, but name: String) throws(WebConfigurationError) {
        guard let tag = event.tag, tag != "tag:yaml.org,2002:" + name else { return }
        throw error(event.position, "the tag \(tag) has no meaning here: leave it out")
    }

    /// Where a byte order mark stands that isn't the text's first character: libyaml passes over some
    /// of them, Go's parser doesn't.
    private static func straySignature(in text: [UInt8]) -> Position? {
        var position = Position(line: 1, column: 1)
        for (index, byte) in text.enumerated() {
            if byte == 0xef, index > 0, text[index...].starts(with: [0xef, 0xbb, 0xbf]) {
                return position
            }
            if byte == UInt8(ascii: "\n") {
                position = Position(line: position.line + 1, column: 1)
            } else if byte & 0xc0 != 0x80 {
                position.column += 1
            }
        }
        return nil
    }

    private func syntaxError() -> WebConfigurationError {
        guard let state = parser?.pointee else { return error(nil, "it can't be read") }
        let problem = state.problem.map { String(cString: $0) } ?? "it can't be read"
        guard state.error != YAML_READER_ERROR else {
            return error(
                nil, "not YAML: \(problem) at byte \(state.problem_offset); the text has to be UTF-8")
        }
        let context = state.context.map { String(cString: $0) + ": " } ?? ""
        return error(
            YAMLReader.position(state.problem_mark),
            "not YAML: \(context)\(problem); look at indentation, quotes and brackets")
    }

    private static func position(_ mark: yaml_mark_t) -> Position {
        Position(line: Int(clamping: mark.line) + 1, column: Int(clamping: mark.column) + 1)
    }

    private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        pointer.map { String(cString: $0) }
    }
}
