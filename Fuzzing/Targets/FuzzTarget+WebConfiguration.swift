internal import WebConfiguration

extension FuzzTarget {
    private static let file = "/etc/web.yml"

    /// The same text means the same each time, and an error names the file and says something.
    static func webConfiguration(_ bytes: [UInt8]) throws(FuzzFinding) {
        let first = Result { () throws(WebConfigurationError) in
            try WebConfiguration(bytes, file: file)
        }
        let second = Result { () throws(WebConfigurationError) in
            try WebConfiguration(bytes, file: file)
        }
        switch (first, second) {
        case (.success(let a), .success(let b)):
            try expect(a == b, "a text has two meanings")
            for header in a.headers {
                try expect(
                    (header.name + header.value).utf8.allSatisfy { $0 != 0x0d && $0 != 0x0a && $0 != 0 },
                    "a header has a line's end in it: \(header)")
            }
        case (.failure(let a), .failure(let b)):
            try expect(a.description == b.description, "a text has two errors")
            try expect(a.description.hasPrefix(file), "an error names no file: \(a)")
            try expect(a.description.utf8.count > file.utf8.count + 4, "an error says nothing")
        case (.success, .failure), (.failure, .success):
            throw FuzzFinding("a text is right once and wrong another time")
        }
    }
}
