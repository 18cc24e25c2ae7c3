internal import CMalloc
internal import Glibc

/// Memory that was used and is free again.
///
/// The allocator's thresholds rise with the size of what is freed, and what lies below them it keeps
/// for later: after an answer that came to the limit of a list some 60 MB, for good.
enum FreedMemory {
    /// Of the allocator, as it begins.
    private static let threshold: Int32 = 128 * 1024

    /// Gives the calling thread's share back to the kernel, and what else lies free in whole pages.
    static func release() {
        mallopt(M_TRIM_THRESHOLD, threshold)
        // The end of a thread's heap goes with the next large piece that is freed, and not before.
        let piece = malloc(Int(threshold) * 3 / 4)
        // Without a use the compiler would leave both out.
        if let piece { explicit_bzero(piece, 1) }
        free(piece)
        malloc_trim(0)
    }
}
