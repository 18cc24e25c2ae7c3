import Foundation

/// Whether a simulated ring can be watched here: that needs neither root nor Dovecot.
enum Stage {
    static let isUsable: Bool = {
        let programs = ["director-simulator", "directorctl"].map(Project.program) + [Project.exporter]
        let missing = programs.filter { !FileManager.default.isExecutableFile(atPath: $0) }
        guard missing.isEmpty else {
            print("NOT TESTED: faults, for want of \(missing.joined(separator: ", "))")
            return false
        }
        return true
    }()
}
