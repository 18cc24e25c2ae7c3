internal import CCrypt
internal import WebConfiguration

/// bcrypt, which takes its time on purpose.
enum PasswordHasher {
    /// Whether the library that can do it is there.
    static var isAvailable: Bool { dde_crypt_available() != 0 }

    /// Whether a password is the one that a hash was made of. Takes as long for a wrong one.
    static func verify(_ password: [UInt8], _ hash: BcryptHash) -> Bool {
        // The C library would see the text before a zero byte alone.
        let isWhole = !password.contains(0)
        var output = [CChar](repeating: 0, count: 128)
        let text = password.map { CChar(bitPattern: $0) } + [0]
        guard dde_crypt(text, hash.text, &output, output.count) == 1 else { return false }
        let result = output.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return isEqual(result.suffix(31), hash.digest) && isWhole
    }

    /// Takes the same time wherever the two differ.
    static func isEqual(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>) -> Bool {
        guard a.count == b.count else { return false }
        return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
