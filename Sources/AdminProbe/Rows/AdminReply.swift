/// The two lists of the admin socket. Which one a row came from.
public enum AdminList: String, Sendable, CaseIterable {
    case hosts
    case directors
}

/// One answer to HOST-LIST and DIRECTOR-LIST, asked for in one write: an atomic snapshot.
public struct AdminReply: Sendable, Equatable {
    /// The backends, in the server's order. One IP can stand there several times.
    public var hosts: [HostRow] = []
    /// The ring's members and connections, in the server's order.
    public var directors: [DirectorRow] = []
    /// How many rows of HOST-LIST could not be read.
    public private(set) var rejectedHosts = 0
    /// How many rows of DIRECTOR-LIST could not be read.
    public private(set) var rejectedDirectors = 0
    /// The first row that could not be read, shortened for a log line.
    public private(set) var rejectedExample: String?

    public init() {}

    mutating func reject(_ line: Span<UInt8>, from list: AdminList) {
        switch list {
        case .hosts: rejectedHosts += 1
        case .directors: rejectedDirectors += 1
        }
        if rejectedExample == nil { rejectedExample = line.excerpt() }
    }
}
