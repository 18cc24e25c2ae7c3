internal import BuildInformation

extension BuildInfo {
    /// The name of this program, also in the journal.
    static let program = "dovecot-director-exporter"

    static var line: String { line(of: program) }
}
