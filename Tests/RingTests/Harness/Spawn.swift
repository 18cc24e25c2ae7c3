import Foundation
import Glibc

/// Runs programs with no signal blocked and no descriptor inherited, as a shell would. A test's own
/// threads block many signals, and what they start by other means inherits that: no alarm ever rings in
/// it. And a descriptor that strays into a program that goes on keeps whoever waits for its end.
enum Spawn {
    /// Runs a program to its end and returns its exit status; 128 and the signal where one ended it.
    ///
    /// - Parameter limit: seconds after which it is killed, with what it started.
    static func run(
        _ arguments: [String], output: String, errors: String, directory: String,
        within limit: TimeInterval = 240
    ) throws -> Int32 {
        try Child(
            ["env", "-C", directory] + arguments, output: output, errors: errors, leadsGroup: true
        ).wait(within: limit)
    }
}

/// A program that runs.
final class Child: @unchecked Sendable {
    let identifier: pid_t
    private let lock = NSLock()
    private let leadsGroup: Bool
    private var status: Int32?

    /// - Parameters:
    ///   - arguments: the program, looked for in `PATH`, and its arguments.
    ///   - environment: what differs from this process's.
    ///   - output: the file that standard output goes to; it must exist.
    ///   - leadsGroup: signals go to all that it starts, too.
    init(
        _ arguments: [String], environment: [String: String] = [:], output: String = "/dev/null",
        errors: String = "/dev/null", leadsGroup: Bool = false
    ) throws {
        self.leadsGroup = leadsGroup
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        var flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        if leadsGroup { flags |= POSIX_SPAWN_SETPGROUP }
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(
            &actions, STDOUT_FILENO, output, O_WRONLY | O_APPEND, 0)
        posix_spawn_file_actions_addopen(
            &actions, STDERR_FILENO, errors, O_WRONLY | O_APPEND, 0)
        _ = Child.closeFrom?(&actions, 3)
        var argv = arguments.map { strdup($0) } + [nil]
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        var envp = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var process = pid_t()
        let code = posix_spawnp(&process, arguments[0], &actions, &attributes, &argv, &envp)
        guard code == 0 else {
            throw Command.Failure(description: "\(arguments[0]): \(String(cString: strerror(code)))")
        }
        identifier = process
    }

    var isRunning: Bool { lock.withLock { collect(WNOHANG) == nil } }

    /// Nothing happens to a program that has ended.
    func send(_ signal: Int32) {
        lock.withLock {
            if collect(WNOHANG) == nil { kill(leadsGroup ? -identifier : identifier, signal) }
        }
    }

    /// Waits for its end. Returns the exit status; 128 and the signal where one ended it.
    ///
    /// - Parameter limit: seconds after which it is killed: nothing that a test waits for takes so
    ///   long, and a failure is better than a test that hangs.
    @discardableResult
    func wait(within limit: TimeInterval = 240) -> Int32 {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(limit)
        while true {
            if let status = lock.withLock({ collect(WNOHANG) }) { return status }
            if clock.now > end { send(SIGKILL) }
            usleep(2000)
        }
    }

    /// `posix_spawn_file_actions_addclosefrom_np`, which glibc has since 2.34 and its header doesn't
    /// show to Swift.
    private static let closeFrom:
        (@convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32)? = {
            guard let symbol = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np") else {
                return nil
            }
            return unsafeBitCast(
                symbol,
                to: (@convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32)
                    .self)
        }()

    private func collect(_ options: Int32) -> Int32? {
        if let status { return status }
        var raw: Int32 = 0
        let answer = waitpid(identifier, &raw, options)
        // Somebody else saw its end.
        if answer < 0 && errno == ECHILD { status = 255 }
        guard answer == identifier else { return status }
        status = raw & 0x7f == 0 ? raw >> 8 & 0xff : 128 + raw & 0x7f
        return status
    }
}
