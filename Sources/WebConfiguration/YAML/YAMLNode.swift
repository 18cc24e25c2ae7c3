/// A piece of a YAML document, with aliases followed.
struct YAMLNode: Sendable {
    indirect enum Content: Sendable {
        case scalar(Scalar)
        case sequence([YAMLNode])
        /// In the order of the text; keys may repeat.
        case mapping([(key: YAMLNode, value: YAMLNode)])
    }

    struct Scalar: Sendable {
        var text: String
        /// In the long form, `tag:yaml.org,2002:str`; nil where none is given.
        var tag: String?
        /// Neither quoted nor in block style, so that it may mean something else than text.
        var isPlain: Bool
    }

    var content: Content
    var position: Position
    /// Whether it stands here by its name, `*name`.
    var isAlias = false
}

extension YAMLNode.Scalar {
    private static let prefix = "tag:yaml.org,2002:"

    /// The tags that the files in question may use.
    static let knownTags = ["str", "bool", "null"].map { prefix + $0 }

    private func hasTag(_ name: String) -> Bool { tag == YAMLNode.Scalar.prefix + name }

    /// Whether it means nothing at all, in the narrow sense of `~`, `null` and emptiness.
    var isNull: Bool {
        hasTag("null") || tag == nil && (text == "null" || text == "~" || text.isEmpty && isPlain)
    }

    /// Whether it resolves to nothing, in the wide sense of YAML 1.1's core types.
    var resolvesToNull: Bool {
        if hasTag("null") { return true }
        return tag == nil && isPlain && ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// What it says as a truth value, in YAML 1.1's words; nil for anything else.
    var truth: Bool? {
        guard hasTag("bool") || tag == nil && isPlain else { return nil }
        return switch text {
        case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": true
        case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": false
        default: nil
        }
    }

    /// `<<`, which adds the keys of another mapping.
    var isMergeKey: Bool { text == "<<" && (isPlain || hasTag("merge")) }
}
