internal import CBuildInfo

/// What the project's programs were made of.
public enum BuildInfo {
    public static let version = "0.1.0"
    /// The commit; `unknown` in a plain `swift build`.
    public static let revision = String(cString: dde_revision())

    /// The compiler's version, as exactly as it is known.
    public static var swiftVersion: String {
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

    /// What `--version` prints, without an end of line.
    public static func line(of program: String) -> String {
        "\(program) \(version) (revision \(revision), Swift \(swiftVersion))"
    }
}
