internal import CLibFuzzer
internal import Console
internal import FuzzTargets
internal import Glibc

/// libFuzzer over one of the targets: `fuzz TARGET [OPTION|CORPUS ...]`. See scripts/fuzz.
@main
enum Fuzz {
    nonisolated(unsafe) fileprivate static var target = FuzzTarget.addresses

    static func main() {
        guard CommandLine.argc > 1, let chosen = FuzzTarget(rawValue: CommandLine.arguments[1]) else {
            let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: "|")
            StandardStream.error.write("usage: fuzz \(names) [OPTION|CORPUS ...]\n")
            exit(64)
        }
        target = chosen
        // libFuzzer gets the arguments without the target.
        let arguments = CommandLine.unsafeArgv
        arguments[1] = arguments[0]
        var rest: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = arguments + 1
        var count = CommandLine.argc - 1
        exit(LLVMFuzzerRunDriver(&count, &rest, fuzzOneInput))
    }
}

/// Runs the chosen target. libFuzzer's own `main`, which isn't used, wants it under this name.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    do throws(FuzzFinding) {
        try Fuzz.target.run(Array(UnsafeBufferPointer(start: data, count: size)))
    } catch {
        // What libFuzzer takes for a finding; it keeps the input.
        StandardStream.error.write("\(Fuzz.target.rawValue): \(error)\n")
        abort()
    }
    return 0
}
