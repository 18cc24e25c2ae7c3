internal import DirectorRing

/// `director_username_hash`: what of a user's name is hashed.
public struct UserHashFormat: Sendable {
    /// As it stands in Dovecot's configuration.
    public let format: [UInt8]

    public init(_ format: [UInt8] = Array("%Lu".utf8)) {
        self.format = format
    }

    /// The hash of a user; never 0.
    public func hash(of name: Span<UInt8>) throws(VariableExpansion.Failure) -> UInt32 {
        // The two forms that almost everybody has need no expansion.
        if format.elementsEqual("%Lu".utf8) { return HashRing.hash(of: name, lowercased: true) }
        if format.elementsEqual("%u".utf8) { return HashRing.hash(of: name, lowercased: false) }
        let expanded = try VariableExpansion(user: name.withUnsafeBufferPointer { Array($0) })
            .expand(format)
        return HashRing.hash(of: expanded.span, lowercased: false)
    }
}
