internal import DirectorControl
internal import Glibc
internal import Threads

/// The recording: a JSON line at a time, each written at once, so that what is there is whole.
final class Tape: @unchecked Sendable {
    private let output: OutputStream
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    /// Guarded by the mutex, as the output is.
    private var hasEnded = false

    init(output: OutputStream) {
        self.output = output
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Whether nothing more is written: it was ended, or nobody reads it.
    var isClosed: Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return hasEnded || output.failure != nil
    }

    func close() {
        pthread_mutex_lock(mutex)
        hasEnded = true
        pthread_mutex_unlock(mutex)
    }

    func writeHead(name: String, members: [String], about: String) {
        line {
            output.write("{\"scenario\": ")
            JSONText.write(quoted: name, to: output)
            output.write(", \"members\": ")
            writeList(members.map { Array($0.utf8) })
            output.write(", \"about\": ")
            JSONText.write(quoted: about, to: output)
            output.write("}")
        }
    }

    func writeEvent(at seconds: Double, _ text: String) {
        line {
            output.write("{\"t\": \(tenths(seconds)), \"event\": ")
            JSONText.write(quoted: text, to: output)
            output.write("}")
        }
    }

    func write(at seconds: Double, epoch: Int64, director: Int, _ lists: RawLists) {
        line {
            writeStart(seconds, epoch, director)
            output.write("\"hosts\": ")
            writeList(lists.hosts)
            output.write(", \"directors\": ")
            writeList(lists.directors)
            output.write("}")
        }
    }

    func write(at seconds: Double, epoch: Int64, director: Int, error: String) {
        line {
            writeStart(seconds, epoch, director)
            output.write("\"error\": \"\(error)\"}")
        }
    }

    private func writeStart(_ seconds: Double, _ epoch: Int64, _ director: Int) {
        output.write("{\"t\": \(tenths(seconds)), \"epoch\": \(epoch), \"director\": \(director), ")
    }

    private func writeList(_ items: [[UInt8]]) {
        output.write("[")
        for (index, item) in items.enumerated() {
            output.write(index == 0 ? "\"" : ", \"")
            JSONText.write(item.span, to: output)
            output.write("\"")
        }
        output.write("]")
    }

    private func tenths(_ seconds: Double) -> String {
        let number = Int((seconds * 10).rounded())
        return "\(number / 10).\(number % 10)"
    }

    private func line(_ body: () -> Void) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard !hasEnded else { return }
        body()
        output.write("\n")
        output.flush()
    }
}
