/// Names that are sent as they are: the server doesn't unescape those of a look-up.
enum UserName {
    /// - Throws: where a byte would end the field or the line and make another command of the rest.
    static func check(_ arguments: [UInt8]...) throws(Stop) {
        for argument in arguments
        where argument.contains(where: { $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\n") }) {
            throw .fatal(
                "'\(String(decoding: argument, as: UTF8.self))' contains a TAB or a line feed, "
                    + "which the director can't be sent here", status: ExitStatus.usage)
        }
    }
}
