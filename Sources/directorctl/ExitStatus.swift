/// What the program ends with, where it isn't 0. The numbers are those of `sysexits.h` and doveadm.
enum ExitStatus {
    /// The command line is wrong.
    static let usage: Int32 = 64
    /// What was named isn't there.
    static let notFound: Int32 = 68
    /// It didn't work, and may another time.
    static let temporaryFailure: Int32 = 75
    /// The other side doesn't speak the protocol.
    static let `protocol`: Int32 = 76
    /// An option before the command is wrong.
    static let globalOption: Int32 = 89
}

/// Why a command ends before its end.
enum Stop: Error {
    /// With a message, and without what it would have printed by then.
    case fatal(String, status: Int32 = ExitStatus.temporaryFailure)
    /// Arguments are missing or wrong: the command's usage is shown.
    case usage
}
