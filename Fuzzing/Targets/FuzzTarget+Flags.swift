internal import DirectorExporter

extension FuzzTarget {
    /// Arguments, each ended by a line.
    static func flags(_ bytes: [UInt8]) throws(FuzzFinding) {
        let arguments = String(decoding: bytes, as: UTF8.self).unicodeScalars
            .split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        if let complaint = CommandLineFlags.complaint(about: arguments) {
            try expect(complaint.count > 10, "a complaint that says nothing: \(complaint)")
        }
    }
}
