internal import Glibc

/// Standard output and error, unbuffered.
package enum StandardStream {
    case output
    case error

    package func write(_ text: String) {
        write(Array(text.utf8))
    }

    /// Writes all of it, unless nobody reads any more.
    package func write(_ bytes: [UInt8]) {
        let descriptor =
            switch self {
            case .output: STDOUT_FILENO
            case .error: STDERR_FILENO
            }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                return
            }
        }
    }
}
