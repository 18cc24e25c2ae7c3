internal import DirectorExporter

/// Where the process begins. All else is in the library, so that benchmarks and tests can have it.
@main
enum Main {
    static func main() {
        Program.main()
    }
}
