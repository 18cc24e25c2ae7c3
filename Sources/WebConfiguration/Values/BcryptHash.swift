/// A password's bcrypt hash, as `htpasswd -nBC 10` makes it.
package struct BcryptHash: Sendable, Hashable {
    /// Each step more doubles the time: at 16 a check takes seconds, at 31 days.
    package static let largestCost = 16

    package let text: String

    /// Why a text is none, and what to do about it.
    package struct Flaw: Error, Sendable, Equatable {
        package let message: String
    }

    package init(_ text: String) throws(Flaw) {
        let bytes = Array(text.utf8)
        let remedy = "make one with: htpasswd -nBC 10 USER"
        guard bytes.count == 60, BcryptHash.prefixes.contains(where: { bytes.starts(with: $0.utf8) }),
            bytes[6] == UInt8(ascii: "$"), bytes[7...].allSatisfy(BcryptHash.isDigit)
        else {
            // What was given may be a password: it is not repeated.
            throw Flaw(
                message: "is no bcrypt hash ($2a$, $2b$ or $2y$, 60 characters); \(remedy)")
        }
        let digits = bytes[4...5].map { Int($0) - 48 }
        let cost = digits[0] * 10 + digits[1]
        guard digits.allSatisfy({ (0...9).contains($0) }), cost >= 4, cost <= BcryptHash.largestCost
        else {
            throw Flaw(
                message: "has a bcrypt cost that is not from 04 to \(BcryptHash.largestCost); \(remedy)")
        }
        self.text = text
    }

    private static let prefixes = ["$2a$", "$2b$", "$2y$"]

    private static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }

    /// What the password becomes: the part behind version, cost and salt.
    package var digest: ArraySlice<UInt8> { Array(text.utf8).suffix(31) }
}
