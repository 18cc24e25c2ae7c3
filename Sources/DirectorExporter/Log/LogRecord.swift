internal import BuildInformation
internal import Logging

/// A log line before it is written in one format or another.
struct LogRecord: Sendable {
    /// Epoch seconds.
    var time: Double
    var level: Logger.Level
    var message: String
    /// In the order in which they are written.
    var fields: [(name: String, value: String)]
}

extension LogRecord {
    var logfmt: String {
        var line = "time=\(Timestamp.text(time)) level=\(levelName) msg=\(LogRecord.quoted(message))"
        for (name, value) in fields { line += " \(name)=\(LogRecord.quotedIfNeeded(value))" }
        return line
    }

    var json: String {
        var line = "{\"time\":\"\(Timestamp.text(time))\",\"level\":\"\(levelName)\",\"msg\":"
        line += JSONText.quoted(message)
        for (name, value) in fields {
            line += ",\(JSONText.quoted(name)):\(JSONText.quoted(value))"
        }
        return line + "}"
    }

    var journalFields: [(name: String, value: String)] {
        [
            ("MESSAGE", fields.isEmpty ? message : message + suffix), ("PRIORITY", priority),
            ("SYSLOG_IDENTIFIER", BuildInfo.program),
        ]
    }

    private var suffix: String {
        fields.map { " \($0.name)=\(LogRecord.quotedIfNeeded($0.value))" }.joined()
    }

    private var levelName: String {
        switch level {
        case .trace, .debug: "DEBUG"
        case .info, .notice: "INFO"
        case .warning: "WARN"
        case .error, .critical: "ERROR"
        }
    }

    private var priority: String {
        switch level {
        case .trace, .debug: "7"
        case .info: "6"
        case .notice: "5"
        case .warning: "4"
        case .error: "3"
        case .critical: "2"
        }
    }

    private static func quotedIfNeeded(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x3d }
        return isPlain ? text : quoted(text)
    }

    private static func quoted(_ text: String) -> String { JSONText.quoted(text) }
}

/// Strings in JSON.
enum JSONText {
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
