internal import Glibc

/// File descriptors that are held open so that they can be given up: whoever else uses up the
/// process's descriptors, one is left for the director.
public final class DescriptorReserve {
    private var held: [Int32] = []
    private let size: Int

    public init(size: Int = 4) {
        self.size = size
        refill()
    }

    /// Closes one of the held descriptors. False when none is left.
    func release() -> Bool {
        guard let descriptor = held.popLast() else { return false }
        close(descriptor)
        return true
    }

    /// Takes descriptors back into the reserve, as many as are free.
    func refill() {
        while held.count < size {
            let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return }
            held.append(descriptor)
        }
    }

    deinit {
        for descriptor in held { close(descriptor) }
    }
}
