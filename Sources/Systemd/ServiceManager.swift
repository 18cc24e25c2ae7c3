private import CSystemd
private import Glibc

/// What the service manager is told, and what it wants to hear.
public struct ServiceManager: Sendable {
    public init() {}

    /// How often the manager wants to be told that the service lives; nil where it doesn't.
    /// Microseconds.
    public static func watchdogMicroseconds() -> UInt64? {
        var period: UInt64 = 0
        return sd_watchdog_enabled(0, &period) > 0 ? period : nil
    }

    /// Sends state changes, as sd_notify(3) names them. Returns false where no manager listens.
    @discardableResult
    public func notify(_ changes: [String]) -> Bool {
        sd_notify(0, changes.joined(separator: "\n")) > 0
    }
}
