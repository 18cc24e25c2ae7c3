extension WebConfiguration {
    /// The largest file that is read, in bytes.
    package static let largestFile = 1 << 20

    /// Reads a configuration file.
    ///
    /// - Parameters:
    ///   - text: the bytes of the file.
    ///   - file: its path: errors begin with it, and relative paths are relative to its directory.
    package init(_ text: [UInt8], file: String) throws(WebConfigurationError) {
        self.init()
        guard text.count <= WebConfiguration.largestFile else {
            throw WebConfigurationError(
                file: file, position: nil,
                message: "is larger than \(WebConfiguration.largestFile >> 20) MiB: name the right file")
        }
        let reader = try YAMLReader(file: file)
        guard let root = try reader.read(text) else { return }
        var decoder = Decoder(file: file)
        var draft = TLSDraft(directory: WebConfiguration.directory(of: file))
        try decoder.fields(root, "the file") {
            (decoder, key, value) throws(WebConfigurationError) in
            switch key.value {
            case "tls_server_config":
                draft.position = key.position
                try draft.take(value, &decoder)
            case "http_server_config": try takeHTTP(value, &decoder)
            case "basic_auth_users": try takeUsers(value, &decoder)
            default:
                throw decoder.unknownKey(
                    key, in: "the file",
                    known: ["tls_server_config", "http_server_config", "basic_auth_users"])
            }
        }
        tls = try draft.settings(decoder)
        if tls == nil, draft.isAnythingSaid { idleTLS = draft.position }
    }

    private mutating func takeHTTP(
        _ node: YAMLNode, _ decoder: inout Decoder
    ) throws(WebConfigurationError) {
        var configuration = self
        try decoder.fields(node, "http_server_config") {
            (decoder, key, value) throws(WebConfigurationError) in
            switch key.value {
            case "http2":
                configuration.http2 = Located(
                    value: try decoder.truth(value, key.value) ?? false, position: key.position)
            case "headers": try configuration.takeHeaders(value, &decoder)
            default:
                throw decoder.unknownKey(
                    key, in: "http_server_config", known: ["http2", "headers"])
            }
        }
        self = configuration
    }

    private mutating func takeHeaders(
        _ node: YAMLNode, _ decoder: inout Decoder
    ) throws(WebConfigurationError) {
        var headers = headers
        try decoder.fields(node, "headers") { (decoder, key, value) throws(WebConfigurationError) in
            guard let allowed = ResponseHeader.allowed.first(where: { $0.name == key.value }) else {
                throw decoder.error(
                    key.position,
                    "the header \(Decoder.quoted(key.value)) can't be configured; those that can are "
                        + ResponseHeader.allowed.map(\.name).joined(separator: ", "))
            }
            if headers.contains(where: { $0.name == key.value }) {
                throw decoder.error(
                    key.position, "\(key.value) is given twice, once by an alias: keep one of both")
            }
            let text = try decoder.string(value, key.value) ?? ""
            guard allowed.values.isEmpty || allowed.values.contains(text) else {
                throw decoder.error(
                    value.position,
                    "\(key.value) can't be \(Decoder.quoted(text)): it is "
                        + allowed.values.joined(separator: " or "))
            }
            guard let line = ResponseHeader.line(text) else {
                throw decoder.error(
                    value.position, "\(key.value) has characters that no header may have: remove them")
            }
            headers.append(ResponseHeader(name: key.value, value: line))
        }
        self.headers = headers
    }

    private mutating func takeUsers(
        _ node: YAMLNode, _ decoder: inout Decoder
    ) throws(WebConfigurationError) {
        var users = users
        try decoder.fields(node, "basic_auth_users") {
            (decoder, key, value) throws(WebConfigurationError) in
            let name = Decoder.quoted(key.value)
            if users[key.value] != nil {
                throw decoder.error(
                    key.position, "the user \(name) is given twice, once by an alias: keep one of both")
            }
            if key.value.contains(":") {
                throw decoder.error(
                    key.position,
                    "the user \(name) can't log in: a colon ends the name in HTTP; choose another")
            }
            let text = try decoder.string(value, "a user") ?? ""
            do throws(BcryptHash.Flaw) {
                users[key.value] = try BcryptHash(text)
            } catch {
                throw decoder.error(
                    value.position, "what stands for the user \(name) \(error.message)")
            }
        }
        self.users = users
    }

    private static func directory(of file: String) -> String {
        guard let slash = file.lastIndex(of: "/") else { return "" }
        return String(file[...slash])
    }
}

extension ResponseHeader {
    /// Those that can be configured; no values for any.
    static let allowed: [(name: String, values: [String])] = [
        ("Strict-Transport-Security", []), ("X-Content-Type-Options", ["nosniff"]),
        ("X-Frame-Options", ["deny", "sameorigin"]), ("X-XSS-Protection", []),
        ("Content-Security-Policy", []),
    ]

    /// A value on one line; nil where it has control characters.
    fileprivate static func line(_ text: String) -> String? {
        let unwrapped = text.unicodeScalars.map { $0 == "\n" || $0 == "\r" ? " " : $0 }
        guard unwrapped.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f || $0 == "\t" }) else {
            return nil
        }
        var line = String(String.UnicodeScalarView(unwrapped))[...]
        while line.first == " " || line.first == "\t" { line = line.dropFirst() }
        while line.last == " " || line.last == "\t" { line = line.dropLast() }
        return String(line)
    }
}

extension Decoder {
    func unknownKey(
        _ key: Located<String>, in place: String, known: [String]
    ) -> WebConfigurationError {
        error(
            key.position,
            "\(place) has no key \(Decoder.quoted(key.value)): there are "
                + known.joined(separator: ", "))
    }
}
