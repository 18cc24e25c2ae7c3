internal import Glibc

/// Short waits of threads that have nothing better to wait for.
package enum Pause {
    package static func milliseconds(_ count: UInt32) {
        usleep(count * 1000)
    }
}
