import Foundation

/// Whether rings can be built here. Where they can't, that is said loudly.
enum Lab {
    /// Every row of every table, and not one case of each kind.
    static let runsEverything = ProcessInfo.processInfo.environment["FULL_TESTS"] == "1"

    /// Whether the programs under test are watched by a sanitizer.
    static let isSanitized = ["ASAN_OPTIONS", "TSAN_OPTIONS"].contains {
        ProcessInfo.processInfo.environment[$0] != nil
    }

    /// Whether there is what tests of the exporter alone need, without a ring.
    static let hasTools: Bool = {
        let missing = ["curl", "openssl", "python3", "systemd-socket-activate"].filter {
            (try? Command.run("sh", ["-c", "command -v \($0)"])) == nil
        }
        if !missing.isEmpty {
            print(
                """
                ==================================================================
                NOT TESTED: TLS, users, listeners and reloading, for want of
                \(missing.joined(separator: ", "))
                ==================================================================
                """)
        }
        return missing.isEmpty
    }()

    static let isUsable: Bool = {
        var missing: [String] = []
        if geteuid() != 0 { missing.append("root") }
        for (tool, package) in [
            ("dovecot", "dovecot-core"), ("iptables", "iptables"), ("journalctl", "systemd"),
            ("curl", "curl"), ("python3", "python3"),
        ] where (try? Command.run("sh", ["-c", "command -v \(tool)"])) == nil {
            missing.append("\(tool) (package \(package))")
        }
        guard missing.isEmpty else {
            print(
                """
                ==================================================================
                NOT TESTED: the tests on real rings were left out, for want of
                \(missing.joined(separator: ", "))
                ==================================================================
                """)
            return false
        }
        do {
            try Journal.control("start")
            return true
        } catch {
            print("NOT TESTED: no journal can be started here: \(error)")
            return false
        }
    }()
}
