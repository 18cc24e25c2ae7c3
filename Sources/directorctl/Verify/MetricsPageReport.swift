internal import AdminProbe
internal import DirectorRing

extension RingReport {
    /// What an exporter's page says of its director; nil where the page says that the director
    /// can't be asked.
    ///
    /// - Parameters:
    ///   - source: the page's URL.
    ///   - samples: the page.
    init?(source: String, _ samples: [MetricSample]) {
        self.init(source: source)
        let prefix = "dovecot_director_"
        var heard: [Side: Double] = [:]
        var now: Double?
        var isUp = false
        var left: Member?
        var right: Member?
        var states: [BackendKey: (vhosts: UInt64, isUp: Bool?)] = [:]
        for sample in samples where sample.name.hasPrefix(prefix) {
            let member = sample.labels["director"].flatMap { Member($0) }
            let side = sample.labels["side"].flatMap { Side(rawValue: $0) }
            let isOne = sample.value == 1
            switch sample.name.dropFirst(prefix.count) {
            case "up": isUp = isOne
            case "last_successful_poll_timestamp_seconds": now = sample.value
            case "self_info": own = member
            case "ring_handshaked": isHandshaked = isOne
            case "ring_synced": isSynced = isOne
            case "ring_isolated": isIsolated = isOne
            case "ring_member" where isOne:
                if let member { members.insert(member) }
            case "ring_neighbor" where isOne:
                if side == .left { self.left = member }
                if side == .right { self.right = member }
            case "ring_expected_neighbor_linked":
                if side == .left { left = member }
                if side == .right { right = member }
            case "ring_connection_last_input_timestamp_seconds":
                if let side { heard[side] = sample.value }
            case "backend_vhosts", "backend_up":
                guard let address = sample.labels["backend"].flatMap({ IPAddress($0) }) else { continue }
                let key = BackendKey(address: address, tag: sample.labels["tag"] ?? "")
                var state = states[key] ?? (0, nil)
                if sample.name.hasSuffix("up") {
                    state.isUp = isOne
                } else {
                    state.vhosts = UInt64(exactly: sample.value) ?? 0
                }
                states[key] = state
            default: continue
            }
        }
        guard isUp else { return nil }
        if let left, let right { expected = RingSnapshot.ExpectedNeighbors(left: left, right: right) }
        // By the clock of the exporter's host, which is the director's.
        if let now { silence = heard.mapValues { max(0, now - $0) } }
        backends = Set(
            states.map { BackendState(key: $0.key, vhosts: $0.value.vhosts, isUp: $0.value.isUp) })
    }
}
