internal import AdminProbe
internal import CInetDiag
internal import Glibc

/// Asks the kernel about TCP connections by its socket diagnosis, which needs no privilege: only the
/// network namespace of the connections.
public final class NetlinkDiagnosis: SocketDiagnosis {
    private static let tcp: UInt8 = 6
    /// The kernel answers a filtered look at its own pace, but never takes so long.
    private static let timeout = timeval(tv_sec: 1, tv_usec: 0)

    private let descriptor: Int32
    private var sequence: UInt32 = 0
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 32 * 1024, alignment: 16)

    /// Opens the socket.
    public init() throws(ProbeFault) {
        let opened = socket(
            AF_NETLINK, Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue), NETLINK_SOCK_DIAG)
        guard opened >= 0 else {
            buffer.deallocate()
            throw NetlinkDiagnosis.fault("socket", errno)
        }
        descriptor = opened
        var timeout = NetlinkDiagnosis.timeout
        setsockopt(
            opened, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit {
        buffer.deallocate()
        close(descriptor)
    }

    public func connections(
        with peer: TCPEndpoint, acceptedOn port: UInt16
    ) throws(ProbeFault) -> [DiagnosedSocket] {
        var request = NetlinkMessage(
            type: UInt16(SOCK_DIAG_BY_FAMILY), flags: UInt16(NLM_F_REQUEST) | UInt16(NLM_F_DUMP))
        request.append(header(family: peer.address))
        request.append(attribute: UInt16(INET_DIAG_REQ_BYTECODE), filter(peer, port))
        var sockets: [DiagnosedSocket] = []
        try exchange(request, isDump: true) { sockets.append($0) }
        return sockets
    }

    public func connection(
        _ identity: DiagnosedSocket.Identity
    ) throws(ProbeFault) -> DiagnosedSocket? {
        var request = NetlinkMessage(
            type: UInt16(SOCK_DIAG_BY_FAMILY), flags: UInt16(NLM_F_REQUEST))
        var header = header(family: identity.remote.address)
        header.id.idiag_sport = identity.local.port.bigEndian
        header.id.idiag_dport = identity.remote.port.bigEndian
        identity.local.address.write(to: &header.id.idiag_src)
        identity.remote.address.write(to: &header.id.idiag_dst)
        header.id.idiag_cookie = (
            UInt32(truncatingIfNeeded: identity.cookie),
            UInt32(truncatingIfNeeded: identity.cookie >> 32)
        )
        request.append(header)
        var socket: DiagnosedSocket?
        try exchange(request, isDump: false) { socket = $0 }
        return socket
    }

    private func header(family address: IPAddress) -> inet_diag_req_v2 {
        var header = inet_diag_req_v2()
        header.sdiag_family = UInt8(address.isIPv6 ? AF_INET6 : AF_INET)
        header.sdiag_protocol = NetlinkDiagnosis.tcp
        header.idiag_ext = 1 << UInt8(INET_DIAG_INFO - 1)
        header.idiag_states = LinkState.allCases.reduce(0) { $0 | 1 << UInt32($1.rawValue) }
        return header
    }

    /// The kernel's own filter program: the peer's address, and its port there or our port here.
    private func filter(_ peer: TCPEndpoint, _ port: UInt16) -> [UInt8] {
        let address = peer.address.networkBytes
        let host = FilterStep(
            code: UInt8(INET_DIAG_BC_D_COND),
            family: UInt8(peer.address.isIPv6 ? AF_INET6 : AF_INET), address: address, port: -1)
        let dialled = FilterStep(code: UInt8(INET_DIAG_BC_D_COND), port: Int32(peer.port))
        let accepted = FilterStep(code: UInt8(INET_DIAG_BC_S_COND), port: Int32(port))
        // The very end accepts, four bytes behind it refuse. The kernel wants each step to lead to
        // the next one where it holds, so that "or" takes a jump.
        let jump = inet_diag_bc_op(
            code: UInt8(INET_DIAG_BC_JMP), yes: UInt8(FilterStep.jumpSize),
            no: UInt16(FilterStep.jumpSize + accepted.size))
        let rest = dialled.size + FilterStep.jumpSize + accepted.size
        return host.bytes(yes: host.size, no: host.size + rest + 4)
            + dialled.bytes(yes: dialled.size, no: dialled.size + FilterStep.jumpSize)
            + withUnsafeBytes(of: jump) { Array($0) }
            + accepted.bytes(yes: accepted.size, no: accepted.size + 4)
    }

    /// Sends a request and hands each connection of the answer to `body`.
    private func exchange(
        _ request: NetlinkMessage, isDump: Bool, _ body: (DiagnosedSocket) -> Void
    ) throws(ProbeFault) {
        sequence &+= 1
        let bytes = request.bytes(sequence: sequence)
        guard bytes.withUnsafeBytes({ send(descriptor, $0.baseAddress, $0.count, 0) }) == bytes.count
        else { throw NetlinkDiagnosis.fault("send", errno) }
        while true {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw NetlinkDiagnosis.fault("recv", errno) }
            var rest = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            while let (header, payload, length) = NetlinkMessage.next(in: rest) {
                rest = UnsafeRawBufferPointer(rebasing: rest[min(length, rest.count)...])
                // An answer to a request that was given up.
                guard header.nlmsg_seq == sequence else { continue }
                switch Int32(header.nlmsg_type) {
                case NLMSG_DONE: return
                case NLMSG_ERROR:
                    let code = payload.count >= 4 ? -payload.loadUnaligned(as: Int32.self) : EPROTO
                    // A connection that is gone, or whose addresses another one has by now.
                    if code == 0 || !isDump && (code == ENOENT || code == ESTALE) { return }
                    throw NetlinkDiagnosis.fault("the request", code)
                default:
                    if let socket = DiagnosedSocket(payload) { body(socket) }
                    if !isDump { return }
                }
            }
        }
    }

    private static func fault(_ call: String, _ code: Int32) -> ProbeFault {
        let remedy =
            switch code {
            case EAFNOSUPPORT, EPERM, EACCES:
                "allow the address family AF_NETLINK: RestrictAddressFamilies=AF_UNIX AF_INET "
                    + "AF_INET6 AF_NETLINK"
            case ENOENT, EINVAL, EOPNOTSUPP:
                "load the kernel modules inet_diag and tcp_diag, or use a kernel of 3.3 or later"
            default: "free memory or descriptors on this machine"
            }
        return ProbeFault(
            message: "socket diagnosis: \(call): \(String(cString: strerror(code)))", remedy: remedy)
    }
}
