internal import BuildInformation
internal import Console
internal import WebConfiguration

/// `--config.check`: reads what a start would read, and says what is wrong with it. Opens neither a
/// listener nor the director's socket.
struct ConfigurationCheck {
    let options: Options
    let engine: (any TLSEngine)?

    /// Returns the exit code.
    func run() -> Int32 {
        guard let file = options.webConfigurationFile else {
            StandardStream.output.write("the flags are fine; there is no --web.config.file\n")
            return 0
        }
        do throws(WebConfigurationError) {
            let policy = try WebPolicy(file: file, engine: engine)
            for warning in policy.warnings {
                StandardStream.error.write("\(BuildInfo.program): \(warning)\n")
            }
            StandardStream.output.write("the flags and \(file) are fine: \(policy.summary)\n")
            return 0
        } catch {
            StandardStream.error.write("\(BuildInfo.program): \(error)\n")
            return 1
        }
    }
}
