/// Why the kernel couldn't be asked about connections.
public struct ProbeFault: Error, Sendable, Equatable {
    /// What happened, in words for a log line.
    public let message: String
    /// What the operator can do about it.
    public let remedy: String

    public init(message: String, remedy: String) {
        self.message = message
        self.remedy = remedy
    }
}
