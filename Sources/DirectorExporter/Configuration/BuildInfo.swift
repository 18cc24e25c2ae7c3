internal import CBuildInfo

/// What this program is and what it was made of.
enum BuildInfo {
    static let program = "dovecot-director-exporter"
    static let version = "0.1.0"
    /// The commit; `unknown` in a plain `swift build`.
    static let revision = String(cString: dde_revision())

    static var swiftVersion: String {
        let stated = String(cString: dde_swift_version())
        if !stated.isEmpty { return stated }
        #if compiler(>=6.4)
            return "6.4 or later"
        #elseif compiler(>=6.3)
            return "6.3"
        #else
            return "6.2"
        #endif
    }

    static var line: String {
        "\(program) \(version) (revision \(revision), Swift \(swiftVersion))"
    }
}
