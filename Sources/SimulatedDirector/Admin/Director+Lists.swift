internal import AdminProbe

/// What the admin socket lists, in the words of each version.
extension Director {
    /// HOST-LIST, the empty line that ends it included.
    package func hostList(_ version: ProtocolVersion) -> String {
        var text = ""
        for host in hosts.rows {
            text += "\(host.text)\t\(host.vhosts)\t\(hosts.userCount(host))"
            if version >= .v2_2_16 { text += "\t\(Director.escaped(hosts.tagName(host)))" }
            if version >= .v2_2_19 { text += "\t\(host.isDown ? "D" : "U")\t\(host.lastChange)" }
            text += "\n"
        }
        return text + "\n"
    }

    private static func escaped(_ text: String) -> String {
        String(decoding: TabEscaping.escape(Array(text.utf8)), as: UTF8.self)
    }

    /// HOST-LIST-REMOVED.
    func removedHostList() -> String {
        var text = ""
        let current = hosts.rows
        var index = 0
        for host in configuredHosts.rows {
            while index < current.count, current[index].address < host.address { index += 1 }
            if index < current.count, current[index].address == host.address {
                index += 1
            } else {
                text += "\(host.text)\n"
            }
        }
        return text + "\n"
    }

    /// DIRECTOR-LIST, the empty line that ends it included.
    package func directorList(_ version: ProtocolVersion) -> String {
        version >= .v2_3 ? connectionList() : memberList(version)
    }

    /// A row for each connection, and one for each member without any.
    private func connectionList() -> String {
        var text = ""
        for link in links where link.member == nil { text += "\(connectionStatus(link))\n" }
        for peer in peers {
            let links = links.filter { $0.member == peer.member }
            for link in links {
                let type =
                    link.id == left ? "left" : link.id == right ? "right" : link.isIncoming ? "in" : "out"
                text += "\(beginning(of: peer, type: type))\t\(connectionStatus(link))\n"
            }
            guard links.isEmpty else { continue }
            let isOwn = peer.member == own
            text += "\(beginning(of: peer, type: peer.isRemoved ? "removed" : isOwn ? "self" : ""))\t"
            if isOwn { text += "ring \(ownStatus)\t\(lastSyncMilliseconds)" }
            text += "\n"
        }
        return text + "\n"
    }

    private func beginning(of peer: Peer, type: String) -> String {
        "\(peer.member.address)\t\(peer.member.port)\t\(type)\t\(peer.lastNetworkFailure)"
    }

    private var ownStatus: String {
        if !isHandshaked { return "handshaking" }
        return isSynced ? "synced" : "syncing - last sync \(now.seconds - lastSyncTime) secs ago"
    }

    private func connectionStatus(_ link: Link) -> String {
        var text: String
        if !link.isHandshaked {
            let users = link.isIncoming ? link.usersReceived : link.usersSent
            text = "handshaking - \(users) USERs \(link.isIncoming ? "received" : "sent")"
        } else {
            text = link.isSynced ? "synced" : "syncing"
        }
        text += "\t\(link.pingMilliseconds)\t\(link.bytesRead)\t\(link.bytesSent)\t0\t\(link.peakBytes)"
        return text + "\t\(link.lastInput?.seconds ?? 0)\t\(link.lastOutput?.seconds ?? 0)"
    }

    /// A row for each member, as older versions have it.
    private func memberList(_ version: ProtocolVersion) -> String {
        var text = ""
        for peer in peers {
            let isLeft = leftMember == peer.member
            let isRight = rightMember == peer.member
            let type =
                if peer.isRemoved, version >= .v2_2_16 {
                    "removed"
                } else if peer.member == own {
                    "self"
                } else if isLeft {
                    isRight ? "l+r" : "left"
                } else {
                    isRight ? "right" : ""
                }
            text += beginning(of: peer, type: type)
            if version >= .v2_2_16 {
                text += "\t"
                let shown =
                    isLeft
                    ? link(left) : isRight ? link(right) : links.first { $0.member == peer.member }
                if peer.member == own {
                    text += ownStatus
                } else if let shown {
                    text += !shown.isHandshaked ? "handshaking" : shown.isSynced ? "synced" : "syncing"
                }
            }
            text += "\n"
        }
        return text + "\n"
    }

    /// USER-LIST, of one backend or of all.
    func userList(_ address: IPAddress?) -> [UInt8] {
        var bytes: [UInt8] = []
        for table in users {
            table.forEach { user in
                guard let host = hosts.host(user.host), address == nil || host.address == address else {
                    return
                }
                bytes += "\(user.hash)\t\(Int64(user.timestamp) + settings.userExpire)\t\(host.text)\n".utf8
            }
        }
        bytes.append(0x0a)
        return bytes
    }
}
