internal import CMalloc

/// Memory that was used and is free again.
///
/// The allocator keeps it for later: after an answer that came to the limit of a list that is some
/// 60 MB, for good.
enum FreedMemory {
    /// Gives it back to the kernel. Costs some microseconds where there is little.
    static func release() {
        malloc_trim(0)
    }
}
