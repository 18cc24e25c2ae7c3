/// How help is set in lines.
package enum HelpText {
    /// A paragraph below a flag: indented, no line longer than what is easy to read.
    package static func paragraph(_ text: String) -> String {
        let width = 68
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + word.count > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        lines.append(line)
        return lines.map { "        \($0)\n" }.joined()
    }
}
