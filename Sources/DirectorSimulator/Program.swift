internal import BuildInformation
internal import Console
internal import Glibc
internal import SimulatedDirector

/// The program: reads the command line, sets the stage and serves.
@main
enum Program {
    static let name = "director-simulator"

    private struct Stop: Error, CustomStringConvertible {
        let description: String
    }

    static func main() {
        signal(SIGPIPE, SIG_IGN)
        exit(run(Array(CommandLine.arguments.dropFirst())))
    }

    private static func run(_ arguments: [String]) -> Int32 {
        let invocation: SimulatorInvocation
        do {
            invocation = try SimulatorFlags.parse(arguments)
        } catch {
            StandardStream.error.write("\(name): \(error)\n")
            return 64
        }
        switch invocation {
        case .showHelp: StandardStream.output.write(SimulatorFlags.help)
        case .showVersion: StandardStream.output.write(BuildInfo.line(of: name) + "\n")
        case .control(let directory, let order): return ControlClient.run(directory: directory, order: order)
        case .run(let options):
            do {
                try serve(options)
            } catch {
                StandardStream.error.write("\(name): \(error)\n")
                return 1
            }
        }
        return 0
    }

    private static func serve(_ options: SimulatorOptions) throws {
        raiseDescriptorLimit()
        let clock = SimulatorClock()
        let desk: AdminDesk
        var steps: [(at: Duration, order: Order)] = []
        var loopsAfter: Duration?
        if let path = options.recording {
            let playback: Playback
            do {
                playback = try Playback(
                    recording: try contents(of: path), began: clock.now(), speed: options.speed)
            } catch let error as Playback.Invalid {
                throw Stop(description: "\(path): \(error)")
            }
            if options.loops { loopsAfter = playback.length }
            desk = AdminDesk(playback, now: clock.now())
        } else {
            var settings = options.settings
            if let path = options.scenario {
                do {
                    let text = String(decoding: try contents(of: path), as: UTF8.self)
                    let scenario = try Scenario(text, settings: settings)
                    settings = scenario.settings
                    steps = scenario.steps
                } catch let error as Scenario.Invalid {
                    throw Stop(description: "\(path), \(error)")
                }
            }
            let ring = try Simulation(try settings.configuration(), now: clock.now())
            desk = AdminDesk(ring, version: settings.version)
        }
        let directory = try SocketDirectory(options.directory, members: desk.memberCount)
        defer { directory.remove() }
        let server = try SocketServer(desk, directory, clock: clock, steps: steps, loopsAfter: loopsAfter)
        StandardStream.output.write(server.memberLines)
        try server.run()
    }

    /// Thousands of connections need as many descriptors.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// The largest file that is read.
    private static let largestFile = 1 << 30

    private static func contents(of path: String) throws(Stop) -> [UInt8] {
        func fail() -> Stop { Stop(description: "can't read \(path): \(String(cString: strerror(errno)))") }
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw fail() }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = read(file, &buffer, buffer.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw fail()
            }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            guard bytes.count <= largestFile else {
                throw Stop(description: "\(path) is larger than 1 GiB: give a shorter one")
            }
        }
    }
}
