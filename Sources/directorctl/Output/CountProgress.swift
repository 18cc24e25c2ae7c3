internal import AdminProbe
internal import Glibc

/// A line on the terminal that counts what takes long. Nothing where standard error is no terminal,
/// where the output itself is seen, or where it is over soon.
final class CountProgress {
    /// How many steps pass between two looks at the clock.
    private static let stride = 4096

    private let what: String
    private let isWanted = isatty(STDERR_FILENO) == 1 && isatty(STDOUT_FILENO) == 0
    private var total = 0
    private var next = MonotonicTime.now() + .seconds(1)
    private var isShown = false

    /// - Parameter what: is counted.
    init(_ what: String) {
        self.what = what
    }

    func count() {
        total += 1
        guard isWanted, total % CountProgress.stride == 0, MonotonicTime.now() >= next else { return }
        next = .now() + .milliseconds(200)
        isShown = true
        Messages.writeRaw("\r\(total) \(what)\u{1b}[K")
    }

    /// Takes the line away.
    func finish() {
        if isShown { Messages.writeRaw("\r\u{1b}[K") }
    }
}
