internal import CLibFuzzer
internal import FuzzTargets
internal import Glibc

/// libFuzzer over one of the targets: `fuzz TARGET [OPTION|CORPUS ...]`. See scripts/fuzz.
@main
enum Fuzz {
    nonisolated(unsafe) private static var target = FuzzTarget.addresses

    static func main() {
        guard CommandLine.argc > 1, let chosen = FuzzTarget(rawValue: CommandLine.arguments[1]) else {
            let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: "|")
            fputs("usage: fuzz \(names) [OPTION|CORPUS ...]\n", stderr)
            exit(64)
        }
        target = chosen
        // libFuzzer gets the arguments without the target.
        var arguments = CommandLine.unsafeArgv
        arguments[1] = arguments[0]
        arguments += 1
        var count = CommandLine.argc - 1
        let code = arguments.withMemoryRebound(to: UnsafeMutablePointer<CChar>?.self, capacity: 1) {
            var list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = $0
            return LLVMFuzzerRunDriver(&count, &list) { data, size in
                do throws(FuzzFinding) {
                    try Fuzz.target.run(Array(UnsafeBufferPointer(start: data, count: size)))
                } catch {
                    // What libFuzzer takes for a finding; it keeps the input.
                    fputs("\(Fuzz.target.rawValue): \(error)\n", stderr)
                    abort()
                }
                return 0
            }
        }
        exit(code)
    }
}
