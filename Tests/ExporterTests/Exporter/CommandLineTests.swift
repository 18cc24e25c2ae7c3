import AdminProbe
import Logging
import Testing

@testable import DirectorExporter

@Suite struct CommandLineTests {
    private func options(_ arguments: String..., state: String? = nil) throws -> Options {
        let invocation = try CommandLineFlags.parse(arguments, stateDirectory: state)
        guard case .run(let options) = invocation else {
            throw UsageError(description: "not to be run")
        }
        return options
    }

    @Test func defaults() throws {
        let options = try options()
        #expect(options.socket == "/run/dovecot/director-admin")
        #expect(options.pollInterval == .seconds(1))
        #expect(options.timeout == .seconds(3))
        #expect(options.listenAddresses == [.anyAddress(port: 10027)])
        #expect(options.telemetryPath == "/metrics")
        #expect(options.maximumRequests == 40)
        #expect(options.logLevel == .info)
        #expect(options.logFormat == .auto)
        #expect(options.stateDirectory == nil)
        #expect(!options.pollsOnce)
    }

    @Test func everyFlag() throws {
        let options = try options(
            "--director.socket=/x", "--director.poll-interval", "500ms", "--director.timeout=2s",
            "--director.expect", "192.0.2.1", "--director.expect=[2001:db8::1]:9091",
            "--web.listen-address", ":1", "--web.listen-address=unix:/y",
            "--web.telemetry-path=/m", "--web.max-requests=0", "--log.level=warn",
            "--log.format=json", "--state.directory=/z", "--once", "--web.config.file=web.yml",
            "--web.systemd-socket", "--config.check", state: "/ignored")
        #expect(options.socket == "/x")
        #expect(options.pollInterval == .milliseconds(500))
        #expect(options.timeout == .seconds(2))
        #expect(options.expected.map(\.description) == ["192.0.2.1:9090", "[2001:db8::1]:9091"])
        #expect(options.listenAddresses == [.anyAddress(port: 1), .unix(path: "/y")])
        #expect(options.telemetryPath == "/m")
        #expect(options.maximumRequests == 0)
        #expect(options.logLevel == .warning)
        #expect(options.logFormat == .json)
        #expect(options.stateDirectory == "/z")
        #expect(options.pollsOnce)
        #expect(options.webConfigurationFile == "web.yml")
        #expect(options.usesActivatedSockets)
        #expect(options.checksConfiguration)
    }

    @Test func emptyConfigurationFileIsNone() throws {
        #expect(try self.options("--web.config.file=").webConfigurationFile == nil)
    }

    @Test func addresses() {
        #expect(ListenAddress("[::1]:1") == .host("::1", port: 1))
        #expect(ListenAddress("[fe80::1%eth0]:1") == .host("fe80::1%eth0", port: 1))
        #expect(ListenAddress("[fe80::1%eth0]:1")?.description == "[fe80::1%eth0]:1")
    }

    @Test func stateDirectoryOfTheServiceManager() throws {
        #expect(try options(state: "/a:/b").stateDirectory == "/a")
        #expect(try options(state: "").stateDirectory == nil)
        #expect(try options("--state.directory=", state: "/a").stateDirectory == nil)
    }

    @Test(arguments: [
        ["--unknown"], ["--director.sock=/x"], ["-x"], ["x"], ["--"], ["--director.socket"],
        ["--director.socket="], ["--director.socket=relative"], ["--once=1"], ["--once", "--once"],
        ["--director.poll-interval=99ms"], ["--director.poll-interval=1"],
        ["--director.poll-interval=1.5s"], ["--director.poll-interval=-1s"],
        ["--director.poll-interval=2d"], ["--director.timeout=0"], ["--director.expect=host"],
        ["--director.expect=2001:db8::1:9090:"], ["--web.listen-address=10027"],
        ["--web.listen-address=:65536"], ["--web.listen-address=unix:relative"],
        ["--web.listen-address=[::1]"], ["--web.telemetry-path=metrics"],
        ["--web.telemetry-path=/-/healthy"], ["--web.telemetry-path=/a?b"],
        ["--web.max-requests=-1"], ["--web.max-requests=x"], ["--log.level=loud"],
        ["--log.format=xml"], ["--state.directory=relative"],
        ["--director.timeout=1s", "--director.timeout=2s"],
        ["--web.config.file"], ["--web.systemd-socket=yes"], ["--config.check=1"],
        ["--web.listen-address=[fe80::1%]:1"], ["--web.listen-address=[::1%a/b]:1"],
    ])
    func refuses(_ arguments: [String]) {
        #expect { try CommandLineFlags.parse(arguments) } throws: { error in
            guard let error = error as? UsageError else { return false }
            // One line that says what and how to mend it.
            return !error.description.contains("\n") && error.description.contains(":")
        }
    }

    @Test func helpNamesEveryFlag() throws {
        #expect(try CommandLineFlags.parse(["--help"]) == .showHelp)
        #expect(try CommandLineFlags.parse(["-h"]) == .showHelp)
        #expect(try CommandLineFlags.parse(["--version"]) == .showVersion)
        for flag in Flag.all { #expect(CommandLineFlags.help.contains("--\(flag.name)")) }
        for line in CommandLineFlags.help.split(separator: "\n") { #expect(line.count <= 88) }
    }

    @Test(arguments: [
        ("500ms", 500), ("1s", 1000), ("2m", 120_000), ("1h30m", 5_400_000), ("0", 0),
        ("1m30s500ms", 90_500), ("1d", 86_400_000),
    ])
    func durations(_ text: String, _ milliseconds: Int) {
        #expect(PrometheusDuration.parse(text) == .milliseconds(milliseconds))
    }

    @Test(arguments: [
        "", "1", "s", "1s1s", "1s1m", "1.5s", "-1s", "1 s", "1S", "99999999999999999999s",
        "9223372036854775807y", "１s", "1µs",
    ])
    func noDurations(_ text: String) {
        #expect(PrometheusDuration.parse(text) == nil)
    }
}
