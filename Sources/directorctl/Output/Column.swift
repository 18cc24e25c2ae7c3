/// A column of what a command prints.
struct Column: Sendable {
    /// Its name in JSON and in formats.
    let key: String
    /// Its name for people.
    let title: String
    /// The title is of no interest where there is one column alone.
    var hidesTitle = false
    /// It takes what room is left.
    var expands = false

    init(_ title: String, key: String? = nil, hidesTitle: Bool = false, expands: Bool = false) {
        self.key = key ?? title
        self.title = title
        self.hidesTitle = hidesTitle
        self.expands = expands
    }
}
