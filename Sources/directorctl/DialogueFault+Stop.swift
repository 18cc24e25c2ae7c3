internal import DirectorControl
internal import Glibc

extension DialogueFault {
    /// In doveadm's words, where it has any.
    var message: String {
        switch self {
        case .unreachable(let path, let code):
            "net_connect_unix(\(path)) failed: \(text(code))"
        case .unknownHost(let name, let reason):
            "Lookup of host \(name) failed: \(reason)"
        case .portMissing(let target):
            "Port not known for \(target). Either set proxy_port or use \(target):port"
        case .refused(let address, let port, let code):
            "connect(\(address):\(port)) failed: \(text(code))"
        case .mute(let target, _, true):
            "read(\(target)) failed: read(size=8192) failed: \(text(EINTR))"
        case .mute(let target, let seconds, false):
            "read(\(target)) timed out: no greeting within \(describe(seconds)) "
                + "(is director configured?)"
        case .closedEarly(let target):
            "\(target) disconnected"
        case .incompatible(let target):
            "\(target) not a compatible director-doveadm socket"
        case .readFailed(let target, let size, let code):
            "read(\(target)) failed: read(size=\(size)) failed: \(text(code))"
        case .writeFailed(let target, let code):
            "write(\(target)) failed: \(text(code))"
        case .timedOut(let target, let seconds):
            "read(\(target)) timed out: the director says nothing for \(describe(seconds)); "
                + "whether it does what it was asked is open (longer: --timeout)"
        case .lineTooLong(let target, let limit):
            "read(\(target)) failed: a line of more than \(limit) bytes"
        }
    }

    /// The end of the command.
    var stop: Stop {
        if case .incompatible = self { return .fatal(message, status: ExitStatus.protocol) }
        return .fatal(message)
    }

    private func text(_ code: Int32) -> String { String(cString: strerror(code)) }

    private func describe(_ seconds: Double) -> String {
        seconds == seconds.rounded() ? "\(Int(seconds)) s" : "\(Int(seconds * 1000)) ms"
    }
}
