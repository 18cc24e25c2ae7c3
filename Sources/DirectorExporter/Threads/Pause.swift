internal import Glibc

/// Short waits of threads that have nothing better to wait for.
enum Pause {
    static func milliseconds(_ count: UInt32) {
        usleep(count * 1000)
    }
}
