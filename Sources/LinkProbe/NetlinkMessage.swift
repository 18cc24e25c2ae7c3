internal import AdminProbe
internal import CInetDiag
internal import Glibc

/// A netlink message as bytes.
struct NetlinkMessage {
    private let type: UInt16
    private let flags: UInt16
    private var payload: [UInt8] = []

    init(type: UInt16, flags: UInt16) {
        self.type = type
        self.flags = flags
    }

    mutating func append<Structure: BitwiseCopyable>(_ structure: Structure) {
        withUnsafeBytes(of: structure) { payload.append(contentsOf: $0) }
    }

    mutating func append(attribute: UInt16, _ value: [UInt8]) {
        append(UInt16(4 + value.count))
        append(attribute)
        payload += value + Array(repeating: 0, count: -value.count & 3)
    }

    func bytes(sequence: UInt32) -> [UInt8] {
        let header = nlmsghdr(
            nlmsg_len: UInt32(MemoryLayout<nlmsghdr>.size + payload.count), nlmsg_type: type,
            nlmsg_flags: flags, nlmsg_seq: sequence, nlmsg_pid: 0)
        return withUnsafeBytes(of: header) { Array($0) } + payload
    }

    /// The first message of what was received, and how much of it that takes; nil behind the last.
    static func next(
        in bytes: UnsafeRawBufferPointer
    ) -> (header: nlmsghdr, payload: UnsafeRawBufferPointer, length: Int)? {
        let size = MemoryLayout<nlmsghdr>.size
        guard bytes.count >= size else { return nil }
        let header = bytes.loadUnaligned(as: nlmsghdr.self)
        let length = Int(header.nlmsg_len)
        guard length >= size, length <= bytes.count else { return nil }
        return (header, UnsafeRawBufferPointer(rebasing: bytes[size..<length]), (length + 3) & ~3)
    }
}

/// A step of the kernel's filter program: a condition on one end of a connection.
struct FilterStep {
    /// The size of a step without a condition, in bytes.
    static let jumpSize = MemoryLayout<inet_diag_bc_op>.size

    let code: UInt8
    var family: UInt8 = 0
    /// Empty for any.
    var address: [UInt8] = []
    /// -1 for any.
    let port: Int32

    /// In bytes.
    var size: Int { MemoryLayout<inet_diag_bc_op>.size + 8 + address.count }

    /// - Parameters:
    ///   - yes: how far to go where the condition holds, in bytes.
    ///   - no: the same where it doesn't.
    func bytes(yes: Int, no: Int) -> [UInt8] {
        let step = inet_diag_bc_op(code: code, yes: UInt8(yes), no: UInt16(no))
        return withUnsafeBytes(of: step) { Array($0) }
            + [family, UInt8(address.count * 8), 0, 0] + withUnsafeBytes(of: port) { Array($0) }
            + address
    }
}

extension IPAddress {
    /// Four or sixteen, most significant first.
    var networkBytes: [UInt8] {
        let (high, low) = bits
        guard isIPv6 else {
            return withUnsafeBytes(of: UInt32(truncatingIfNeeded: low).bigEndian) { Array($0) }
        }
        return withUnsafeBytes(of: high.bigEndian) { Array($0) }
            + withUnsafeBytes(of: low.bigEndian) { Array($0) }
    }

    /// Writes the bytes to an address field of the kernel's structures.
    func write(to field: inout (UInt32, UInt32, UInt32, UInt32)) {
        withUnsafeMutableBytes(of: &field) { $0.copyBytes(from: networkBytes) }
    }

    init?(_ field: (UInt32, UInt32, UInt32, UInt32), family: UInt8) {
        switch Int32(family) {
        case AF_INET: self.init(v4: UInt32(bigEndian: field.0))
        case AF_INET6:
            self.init(
                v6High: UInt64(UInt32(bigEndian: field.0)) << 32 | UInt64(UInt32(bigEndian: field.1)),
                low: UInt64(UInt32(bigEndian: field.2)) << 32 | UInt64(UInt32(bigEndian: field.3)))
        default: return nil
        }
    }
}

extension DiagnosedSocket {
    /// Reads a message of the kernel; nil where it is cut short, or the connection is being ended: who
    /// asks for one connection gets it in any state.
    init?(_ message: UnsafeRawBufferPointer) {
        let size = MemoryLayout<inet_diag_msg>.size
        guard message.count >= size else { return nil }
        let head = message.loadUnaligned(as: inet_diag_msg.self)
        guard let state = LinkState(rawValue: head.idiag_state),
            let local = IPAddress(head.id.idiag_src, family: head.idiag_family),
            let remote = IPAddress(head.id.idiag_dst, family: head.idiag_family)
        else { return nil }
        self.init(
            identity: Identity(
                local: TCPEndpoint(address: local, port: UInt16(bigEndian: head.id.idiag_sport)),
                remote: TCPEndpoint(address: remote, port: UInt16(bigEndian: head.id.idiag_dport)),
                cookie: UInt64(head.id.idiag_cookie.0) | UInt64(head.id.idiag_cookie.1) << 32))
        isConnecting = state == .synSent
        var rest = UnsafeRawBufferPointer(rebasing: message[size...])
        while rest.count >= 4 {
            let length = Int(rest.loadUnaligned(as: UInt16.self))
            let type = rest.loadUnaligned(fromByteOffset: 2, as: UInt16.self)
            guard length >= 4, length <= rest.count else { return }
            if type == UInt16(INET_DIAG_INFO) {
                read(UnsafeRawBufferPointer(rebasing: rest[4..<length]))
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[min((length + 3) & ~3, rest.count)...])
        }
    }

    /// Older kernels send less of the structure: what is missing stays 0.
    private mutating func read(_ bytes: UnsafeRawBufferPointer) {
        var info = dde_tcp_info()
        withUnsafeMutableBytes(of: &info) { target in
            target.copyBytes(from: bytes.prefix(target.count))
        }
        unacknowledgedSegments = info.unacked
        retransmissionsInARow = UInt32(max(info.retransmits, info.backoff))
        // The time-out doubles with each retransmission, so that all before the present one sum up to
        // this less the first.
        retransmittingMicroseconds = info.rto - info.rto >> min(UInt32(info.backoff), 31)
        retransmittedSegments = info.total_retrans
        roundTripMicroseconds = info.rtt
        bytesAcknowledged = info.bytes_acked
        bytesReceived = info.bytes_received
    }
}
