/// What a token of `Readiness` stands for: the kind in its highest byte, and which of them.
enum EventSource: UInt64 {
    case signal, control, listener, session, controlConnection

    init?(_ token: UInt64) { self.init(rawValue: token >> 56) }

    func token(_ id: Int) -> UInt64 { rawValue << 56 | UInt64(id) }

    static func id(in token: UInt64) -> Int { Int(token & 0x00ff_ffff_ffff_ffff) }
}
