import Foundation

extension SimulatedRing {
    /// A ring in a directory of its own.
    convenience init(members: Int, _ flags: [String] = []) throws {
        try self.init(
            directory: "/tmp/dde-q\(UUID().uuidString.prefix(13))",
            ["--members", "\(members)"] + flags)
    }

    func directorctl(_ number: Int, _ arguments: String...) throws {
        try Command.run(
            Project.program("directorctl"), arguments + ["-a", socket(number)])
    }

    /// How many connections a member's socket has, those in its queue included: by the kernel.
    func connections(_ number: Int) throws -> Int {
        // They were made under another name.
        let paths = [socket(number), socket(number) + "~"].map { Substring($0) }
        // The kernel hands this file over in pieces, of which Foundation would read the first.
        let file = open("/proc/net/unix", O_RDONLY)
        defer { close(file) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while case let count = read(file, &buffer, buffer.count), count > 0 { text += buffer[..<count] }
        return String(decoding: text, as: UTF8.self)
            .split(separator: "\n")
            .count { line in
                let fields = line.split(separator: " ", omittingEmptySubsequences: true)
                return fields.count == 8 && fields[5] == "03" && paths.contains(fields[7])
            }
    }

    /// Both lists, as they are on the wire, by a dialogue of the test's own.
    func lists(_ number: Int) throws -> WireLists {
        let text = try LocalStream(path: socket(number)).ask(
            "VERSION\tdirector-doveadm\t1\t0\nHOST-LIST\nDIRECTOR-LIST\n", until: { text in
                // The greeting, and two lists with an empty line behind each.
                text.components(separatedBy: "\n\n").count == 3 && text.hasSuffix("\n\n")
            })
        let lists = text.drop { $0 != "\n" }.dropFirst().components(separatedBy: "\n\n")
        func rows(_ list: String) -> [[String]] {
            list.split(separator: "\n").map { $0.components(separatedBy: "\t") }
        }
        return WireLists(hosts: rows(lists[0]), directors: rows(lists[1]))
    }
}

/// The fields of each row.
struct WireLists: Sendable {
    var hosts: [[String]]
    var directors: [[String]]
}
