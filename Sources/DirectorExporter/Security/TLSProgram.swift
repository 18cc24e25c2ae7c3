internal import Glibc

/// The same exporter with TLS, as a program of its own: a library that is linked costs memory whether
/// it is used or not.
enum TLSProgram {
    static let name = "dovecot-director-exporter-tls"

    /// Beside this program, as it is built, or where Debian keeps what people don't call.
    private static let directories = ["", "../libexec/dovecot-director-exporter/"]

    /// Goes on as that program, as the same process with the same arguments. Returns where there is
    /// none: then everything but TLS can still be served.
    static func takeOver() {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count)
        guard length > 0, length < buffer.count else { return }
        let own = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard let slash = own.lastIndex(of: "/") else { return }
        for directory in directories {
            execv(own[...slash] + directory + name, CommandLine.unsafeArgv)
        }
    }
}
