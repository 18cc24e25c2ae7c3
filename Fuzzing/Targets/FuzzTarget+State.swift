internal import DirectorExporter

extension FuzzTarget {
    /// A file as it is; and the same as the body of a file that is whole, so that what is behind the
    /// checksum is read as well.
    static func state(_ bytes: [UInt8]) throws(FuzzFinding) {
        try readBack(bytes)
        try readBack(SavedState.sealed(bytes))
    }

    private static func readBack(_ bytes: [UInt8]) throws(FuzzFinding) {
        guard let state = try? SavedState(decoding: bytes) else { return }
        let again: SavedState
        do throws(SavedState.Malformed) {
            again = try SavedState(decoding: state.encoded())
        } catch {
            throw FuzzFinding("what was read can't be written: \(error)")
        }
        // Times are written in microseconds, which is less than a file can say: the texts are compared.
        try expect(again.encoded() == state.encoded(), "a state became another one")
    }
}
