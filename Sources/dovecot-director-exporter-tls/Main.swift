internal import DirectorExporter
internal import TransportSecurity

/// The exporter with TLS. dovecot-director-exporter goes on as this program where there is a web
/// configuration.
@main
enum Main {
    static func main() {
        Program.main(engine: BoringTLS())
    }
}
