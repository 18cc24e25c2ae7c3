internal import DirectorControl

extension Invocation {
    /// The addresses of a host; nil where its name is unknown, which has been told.
    func addresses(of host: [UInt8]) -> [HostAddress]? {
        do throws(HostAddress.LookupFailure) {
            return try HostAddress.resolve(host)
        } catch {
            fail(
                Array("gethostname(".utf8) + host + Array(") failed: \(error.reason)".utf8))
            return nil
        }
    }

    /// The hash of a user; nil where the format can't be expanded, which has been told and, as
    /// with doveadm, is no failure of the program.
    func hash(of user: Span<UInt8>) -> UInt32? {
        do throws(VariableExpansion.Failure) {
            return try options.hashFormat.hash(of: user)
        } catch {
            messages.write(
                .error,
                Array("Failed to expand director_username_hash=".utf8) + options.hashFormat.format
                    + Array(": \(error.reason)".utf8))
            return nil
        }
    }
}
