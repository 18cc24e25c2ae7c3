internal import DirectorRing

extension EventKind {
    /// The kind's identity in the journal and its message catalog: 128 bits that never change.
    var messageID: String {
        switch self {
        case .memberAdded: "ff04cda4a2884e4eafee520e331a89f6"
        case .memberRemoved: "ee280f4418324a6e96ca035455aa00e5"
        case .linkUp: "b446eb0f123c441ca827ebf37228e2ed"
        case .linkDown: "029a15acfaef4177b079e5837f2e4225"
        case .linkReset: "3d0fcc62d70545c8b0894e3c2d31f254"
        case .linkSilent: "3bdd119643e6472ea982acd8737f31cb"
        case .linkResumed: "2cc6225839964c29810e34efb5bd2f8d"
        case .linkStalled: "7458c4cd1cd3481ea89d8a60d0f68798"
        case .linkAcknowledged: "bf4cb01b50174c87bd0a18f254a62794"
        case .ringSynced: "2a197dec4cbc4e84ac334356d1d51fac"
        case .ringUnsynced: "f3bddeeea9de40ebaa319784dde979a1"
        case .ringIsolated: "4bacf4671350464f8d2f9d535eb6b5a4"
        case .ringRejoined: "4f47bcb800a944fb8ec61f78144d4a42"
        case .directorReachable: "d53c296792684cfc90c1bea623f83915"
        case .directorUnreachable: "5e7b3154766948f2878595eabf7f91f4"
        case .directorRestarted: "bcbfe611ff0240f7996d6d75c662e03f"
        case .backendAdded: "fd02b6873d264672ac83fb5f75211dd1"
        case .backendRemoved: "7cb9e9754ab24136a3c6ffba5329152e"
        case .backendUp: "cb2da84ef2a64758833f6ce48cefaedc"
        case .backendDown: "f532539887264db891b41ee74c77510c"
        case .backendVhostsChanged: "8630d5cb55264919ae70f816f62547e0"
        }
    }

    /// As syslog counts: 2 is critical, 3 error, 4 warning, 5 notice.
    var priority: Int {
        switch self {
        case .ringIsolated: 2
        case .directorUnreachable: 3
        case .linkDown, .linkSilent, .linkStalled, .ringUnsynced, .directorRestarted, .backendDown: 4
        case .memberAdded, .memberRemoved, .linkUp, .linkReset, .linkResumed, .linkAcknowledged,
            .ringSynced, .ringRejoined, .directorReachable, .backendAdded, .backendRemoved, .backendUp,
            .backendVhostsChanged:
            5
        }
    }
}
