import Foundation

/// What a process holds, by the kernel.
struct Footprint: Sendable {
    var anonymousKilobytes: Int
    var descriptors: Int

    init(of process: Int32) throws {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
        anonymousKilobytes =
            line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0
        descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count
    }
}
