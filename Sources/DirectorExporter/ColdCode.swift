internal import Glibc

/// Code that has been used and isn't any more.
///
/// The kernel maps code in large pieces around each use and keeps it mapped, so that in time nearly
/// all of the program counts as resident. Giving up the mappings costs next to nothing: what is
/// needed comes back from the page cache at its next use.
enum ColdCode {
    static let interval = Duration.seconds(60)

    /// Gives up all pages of code, the program's and its libraries', which can be read back from
    /// their files.
    static func release() {
        guard let maps = fopen("/proc/self/maps", "re") else { return }
        defer { fclose(maps) }
        var line = [CChar](repeating: 0, count: 4352)
        while fgets(&line, Int32(line.count), maps) != nil {
            let text = String(
                decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let fields = text.split(whereSeparator: { $0 == " " || $0 == "\n" })
            // Code alone: data that is read-only now was relocated before, and isn't in the file.
            guard fields.count == 6, fields[1] == "r-xp", fields[5].hasPrefix("/"),
                let dash = fields[0].firstIndex(of: "-"),
                let start = UInt(fields[0][..<dash], radix: 16),
                let end = UInt(fields[0][fields[0].index(after: dash)...], radix: 16), end > start,
                let address = UnsafeMutableRawPointer(bitPattern: start)
            else { continue }
            _ = madvise(address, Int(end - start), MADV_DONTNEED)
        }
    }
}
