import Foundation

/// `systemd-analyze security`, where there is one.
enum SecurityAnalysis {
    static let isThere: Bool = {
        let isFound = FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-analyze")
        if !isFound { print("NOT TESTED: the sandbox's score, for want of systemd-analyze") }
        return isFound
    }()

    /// The overall exposure of a unit that reads like this.
    static func exposure(of text: String) throws -> Double? {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("dde-\(UUID().uuidString).service")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/systemd-analyze")
        process.arguments = ["security", "--offline=true", "--no-pager", file.path]
        process.environment = ["LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"]
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return output.firstMatch(of: /Overall exposure level for .*: ([0-9.]+)/).flatMap { Double($0.1) }
    }
}
