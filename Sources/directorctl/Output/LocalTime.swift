internal import Glibc

/// Times as people read them, in the time zone of the process.
enum LocalTime {
    /// `2026-11-24 13:46:53`; the number itself where no calendar reaches that far.
    static func text(_ epoch: Int64) -> String {
        format(epoch, "%Y-%m-%d %H:%M:%S") ?? "\(epoch)"
    }

    /// By a format of `strftime`.
    static func format(_ epoch: Int64, _ format: String) -> String? {
        var seconds = time_t(epoch)
        var calendar = tm()
        guard localtime_r(&seconds, &calendar) != nil else { return nil }
        var text = [CChar](repeating: 0, count: 256)
        guard strftime(&text, text.count, format, &calendar) > 0 else { return nil }
        return text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }
}
