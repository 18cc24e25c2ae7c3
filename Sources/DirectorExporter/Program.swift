internal import BuildInformation
internal import Console
internal import Glibc

/// The program: reads the command line and runs what it asks for.
package enum Program {
    /// sysexits.h: the command line is wrong.
    private static let usage: Int32 = 64

    package static func main() {
        let invocation: Invocation
        do throws(UsageError) {
            invocation = try CommandLineFlags.parse(
                Array(CommandLine.arguments.dropFirst()),
                stateDirectory: getenv("STATE_DIRECTORY").map { String(cString: $0) })
        } catch {
            StandardStream.error.write("\(BuildInfo.program): \(error)\n")
            exit(usage)
        }
        switch invocation {
        case .showHelp:
            StandardStream.output.write(CommandLineFlags.help)
        case .showVersion:
            StandardStream.output.write(BuildInfo.line + "\n")
        case .run(let options) where options.checksConfiguration:
            exit(ConfigurationCheck(options: options).run())
        case .run(let options):
            let service = Service(
                options: options, startTime: ProcessFiles.startTime() ?? Timestamp.now())
            exit(options.pollsOnce ? service.runOnce() : service.run())
        }
    }
}
