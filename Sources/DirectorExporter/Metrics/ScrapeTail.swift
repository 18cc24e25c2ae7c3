internal import Exposition
internal import Glibc

/// What is read anew at each scrape: the process, and what other threads count.
struct ScrapeTail: Sendable {
    /// Epoch seconds.
    var startTime: Double
    var eventsPending: Int
    var stateWriteFailures: Int
    var reload: ReloadDesk.Result

    func rendered(in format: ExpositionFormat) -> [UInt8] {
        var writer = FamilyWriter(format, capacity: 2048)
        writer.begin(ExporterFamilies.reloadSuccessful)
        writer.sample(.none, UInt64(reload.isSuccessful ? 1 : 0))
        writer.begin(ExporterFamilies.reloadTime)
        writer.sample(.none, reload.time)
        writer.begin(ExporterFamilies.eventsPending)
        writer.sample(.none, UInt64(max(0, eventsPending)))
        writer.begin(ExporterFamilies.stateWriteFailures)
        writer.sample(.none, UInt64(stateWriteFailures))
        writeProcess(to: &writer)
        return writer.bytes + Array(format.trailer.utf8)
    }

    private func writeProcess(to writer: inout FamilyWriter) {
        var usage = rusage()
        if getrusage(RUSAGE_SELF.rawValue, &usage) == 0 {
            func seconds(_ time: timeval) -> Double {
                Double(time.tv_sec) + Double(time.tv_usec) / 1e6
            }
            writer.begin(ExporterFamilies.cpu)
            writer.sample(.none, seconds(usage.ru_utime) + seconds(usage.ru_stime))
        }
        if let pages = ProcessFiles.memoryPages() {
            let pageSize = UInt64(max(1, sysconf(Int32(_SC_PAGESIZE))))
            writer.begin(ExporterFamilies.residentMemory)
            writer.sample(.none, pages.resident &* pageSize)
            writer.begin(ExporterFamilies.virtualMemory)
            writer.sample(.none, pages.virtual &* pageSize)
        }
        if let limit = ProcessFiles.limit(of: __rlimit_resource_t(RLIMIT_AS.rawValue)) {
            writer.begin(ExporterFamilies.virtualMemoryLimit)
            writer.sample(.none, limit == .max ? -1 : Int64(clamping: limit))
        }
        if let count = ProcessFiles.openDescriptors() {
            writer.begin(ExporterFamilies.openDescriptors)
            writer.sample(.none, UInt64(count))
        }
        if let limit = ProcessFiles.limit(of: __rlimit_resource_t(RLIMIT_NOFILE.rawValue)) {
            writer.begin(ExporterFamilies.maximumDescriptors)
            writer.sample(.none, limit)
        }
        writer.begin(ExporterFamilies.startTime)
        writer.sample(.none, startTime)
    }
}

/// What the kernel says of this process.
enum ProcessFiles {
    /// The soft limit; `UInt64.max` for none.
    static func limit(of resource: __rlimit_resource_t) -> UInt64? {
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return nil }
        return UInt64(limit.rlim_cur)
    }

    static func openDescriptors() -> Int? {
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // Without `.`, `..` and the directory itself.
        return count - 3
    }

    static func memoryPages() -> (virtual: UInt64, resident: UInt64)? {
        guard let text = read("/proc/self/statm") else { return nil }
        let numbers = text.split(separator: " ").prefix(2).compactMap { UInt64($0) }
        return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
    }

    /// When the process was started, epoch seconds. The kernel tells it in ticks since the boot.
    static func startTime() -> Double? {
        guard let stat = read("/proc/self/stat"), let close = stat.lastIndex(of: ")") else {
            return nil
        }
        // The program's name, in parentheses, can contain blanks.
        let fields = stat[close...].split(separator: " ")
        let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
        guard fields.count > 20, let ticks = Double(fields[20]), ticksPerSecond > 0 else {
            return nil
        }
        var boot = timespec()
        clock_gettime(CLOCK_BOOTTIME, &boot)
        let sinceBoot = Double(boot.tv_sec) + Double(boot.tv_nsec) / 1e9
        return Timestamp.now() - sinceBoot + ticks / ticksPerSecond
    }

    private static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }
}
