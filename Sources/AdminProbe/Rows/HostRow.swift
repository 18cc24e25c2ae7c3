/// A row of HOST-LIST: one backend.
///
/// Versions differ: 2.1.0 sends three fields, 2.2.16 added the tag, 2.2.19 state and change time.
/// What a version doesn't send is nil.
public struct HostRow: Equatable, ListRow {
    public var address: IPAddress
    /// The address as the wire spells it: the director hashes this text, so shares are computed
    /// from it.
    public var wireAddress: String { otherSpelling ?? address.description }
    /// Nil where the wire spells it as it is written here, as it always does an IPv4 address.
    private var otherSpelling: String?
    /// Points per hash ring; 0 drains the backend. Dovecot allows up to 1000.
    public var vhosts: UInt32
    /// Users that this director's table holds for the backend.
    public var users: UInt64
    /// Empty for backends without a tag, and for versions that have none.
    public var tag: String
    /// Nil in versions without host states.
    public var isUp: Bool?
    /// Epoch seconds of the last change of state that this member knows; nil when it knows none.
    public var lastChange: Int64?

    public init(
        address: IPAddress, vhosts: UInt32, users: UInt64, tag: String = "", isUp: Bool? = nil,
        lastChange: Int64? = nil
    ) {
        self.address = address
        self.vhosts = vhosts
        self.users = users
        self.tag = tag
        self.isUp = isUp
        self.lastChange = lastChange
    }

    /// Reads a row; nil where it isn't one. Fields behind the known ones are ignored.
    init?(parsing line: Span<UInt8>) {
        let fields = LineFields(line)
        guard fields.count >= 3,
            let address = IPAddress(parsing: line.extracting(fields.range(0))),
            let vhosts = line.extracting(fields.range(1)).unsigned(upTo: UInt64(UInt32.max)),
            let users = line.extracting(fields.range(2)).unsigned(upTo: UInt64(UInt32.max))
        else { return nil }
        self.address = address
        if address.isIPv6 {
            guard let text = line.extracting(fields.range(0)).text() else { return nil }
            if text != address.description { otherSpelling = text }
        }
        self.vhosts = UInt32(vhosts)
        self.users = users
        tag = ""
        if fields.count > 3 {
            guard let text = TabEscaping.unescape(line.extracting(fields.range(3))) else {
                return nil
            }
            tag = text
        }
        if fields.count > 4 {
            let state = line.extracting(fields.range(4))
            if state.equals("U") {
                isUp = true
            } else if state.equals("D") {
                isUp = false
            } else {
                return nil
            }
        }
        if fields.count > 5 {
            guard let epoch = line.extracting(fields.range(5)).signed() else { return nil }
            lastChange = epoch > 0 ? epoch : nil
        }
    }
}
