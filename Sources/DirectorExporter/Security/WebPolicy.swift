internal import WebConfiguration

/// What the web configuration means for the server. All the files that it names have been read.
struct WebPolicy: Sendable {
    let headers: FixedHeaders
    /// Nobody else gets in; empty where everybody does.
    let users: [String: BcryptHash]
    let tls: TLSKeeper?
    /// What an administrator should know though nothing is wrong.
    let warnings: [String]
    /// What is worth a line of the log each time the file is read.
    let notes: [String]

    /// Nothing is configured: plain HTTP for everybody.
    init() {
        headers = FixedHeaders()
        users = [:]
        tls = nil
        warnings = []
        notes = []
    }

    /// Reads the file, and the files that it names.
    ///
    /// - Parameter engine: nil where this program can't encrypt.
    init(file: String, engine: (any TLSEngine)?) throws(WebConfigurationError) {
        let text: [UInt8]
        do throws(WatchedFile.Fault) {
            text = try WatchedFile(path: file).read(limit: WebConfiguration.largestFile)
        } catch {
            throw WebConfigurationError(
                file: file, position: nil,
                message: "the web configuration can't be read: \(error); look at "
                    + "--web.config.file, and at who may read the file")
        }
        let configuration = try WebConfiguration(text, file: file)
        if !configuration.users.isEmpty, !PasswordHasher.isAvailable {
            throw WebConfigurationError(
                file: file, position: nil,
                message: "basic_auth_users needs the library libcrypt (libcrypt.so.1): install it, "
                    + "on Debian as libcrypt1")
        }
        headers = FixedHeaders(configuration.headers)
        users = configuration.users
        var keeper: TLSKeeper?
        if let settings = configuration.tls {
            guard let engine else {
                throw WebConfigurationError(
                    file: file, position: settings.certificateFile.position,
                    message: "TLS needs the program \(TLSProgram.name), which wasn't found beside this "
                        + "one: install it there")
            }
            keeper = try TLSKeeper(settings, file: file, engine: engine)
        }
        tls = keeper
        warnings = WebPolicy.warnings(configuration, file: file)
        notes = configuration.http2 == nil ? [] : ["http2 has no effect: HTTP/1.1 is served"]
    }

    private static func warnings(_ configuration: WebConfiguration, file: String) -> [String] {
        var warnings: [String] = []
        func warn(_ position: Position, _ message: String) {
            warnings.append(
                WebConfigurationError(file: file, position: position, message: message).description)
        }
        if let position = configuration.idleTLS {
            warn(position, "TLS is off: there is neither cert_file nor key_file")
        }
        if let tls = configuration.tls, tls.clientAuthentication.verifies, tls.clientCAFile == nil {
            warn(
                tls.certificateFile.position,
                "without client_ca_file, certificates of every public CA are good enough: name the CA "
                    + "that signs your clients' certificates")
        }
        if configuration.tls == nil, !configuration.users.isEmpty {
            warnings.append("\(file): passwords are sent in clear: configure tls_server_config too")
        }
        return warnings
    }

    /// Whether connections that were made under another policy may go on under this one.
    func keepsConnections(of other: WebPolicy) -> Bool {
        tls?.settings == other.tls?.settings
    }

    /// What is on, in a few words.
    var summary: String {
        let users = users.isEmpty ? "no users" : users.count == 1 ? "1 user" : "\(users.count) users"
        let tls = tls.map { "TLS, \($0.settings.clientAuthentication.rawValue)" } ?? "no TLS"
        return "\(tls), \(users)"
    }
}

/// Header lines that every answer carries.
struct FixedHeaders: Sendable, Equatable {
    /// Each ended as in HTTP.
    let lines: String
    private let names: [String]

    init(_ headers: [ResponseHeader] = []) {
        lines = headers.map { "\($0.name): \($0.value)\r\n" }.joined()
        names = headers.map { $0.name.lowercased() + ":" }
    }

    /// Whether an answer's own header line has to give way.
    func replaces(_ line: String) -> Bool {
        guard !names.isEmpty else { return false }
        let line = line.lowercased()
        return names.contains { line.hasPrefix($0) }
    }
}
