/// Text in HTML and SVG.
enum HTMLText {
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    static func escaped(_ member: some CustomStringConvertible) -> String {
        escaped(member.description)
    }
}
