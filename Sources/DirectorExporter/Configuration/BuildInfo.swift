internal import CBuildInfo

/// What this program is and what it was made of.
enum BuildInfo {
    static let program = "dovecot-director-exporter"
    static let version = "0.1.0"
    /// The commit; `unknown` in a plain `swift build`.
    static let revision = DDE_REVISION

    static var swiftVersion: String {
        if !DDE_SWIFT_VERSION.isEmpty { return DDE_SWIFT_VERSION }
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
