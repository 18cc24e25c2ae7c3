/// Linux's numbers of the states that a link's connection can be in.
enum LinkState: UInt8, CaseIterable {
    case established = 1
    case synSent = 2
    case closeWait = 8
}
