internal import DirectorControl

/// One run of a command: its options, where its output goes, and how it ends.
final class Invocation {
    let options: GlobalOptions
    let arguments: Arguments
    let output: OutputStream
    let messages: Messages
    /// What the program ends with.
    private(set) var exitStatus: Int32 = 0
    private var formatter: (any RowFormatter)?

    init(options: GlobalOptions, arguments: Arguments, output: OutputStream, messages: Messages) {
        self.options = options
        self.arguments = arguments
        self.output = output
        self.messages = messages
        // Chosen by the user, it prints even where the command has nothing to print.
        formatter = options.formatter.flatMap {
            Formatters.make($0, output: output, hidesTitles: options.hidesTitles)
        }
    }

    /// The admin socket that is asked: `-a`, the last one.
    var endpoint: Endpoint {
        arguments["socket-path"].map { Endpoint($0) }
            ?? Endpoint(options.baseDirectory + "/director-admin")
    }

    /// Connects to the director.
    func connect() throws(Stop) -> AdminDialogue {
        do throws(DialogueFault) {
            return try AdminDialogue(connectingTo: endpoint, deadlines: options.deadlines)
        } catch {
            throw error.stop
        }
    }

    /// Begins rows: the form that the user chose, else the one that fits the command.
    func rows(_ columns: [Column], form: String = "table") -> any RowFormatter {
        let rows =
            formatter
            ?? Formatters.make(form, output: output, hidesTitles: options.hidesTitles)
            ?? TabFormatter(output: output, hidesTitles: options.hidesTitles)
        formatter = rows
        for column in columns { rows.add(column) }
        return rows
    }

    /// Ends what was printed.
    func finish() {
        formatter?.finish()
        output.flush()
    }

    /// A failure that the command goes on after.
    func fail(_ text: String, status: Int32 = ExitStatus.temporaryFailure) {
        fail(Array(text.utf8), status: status)
    }

    func fail(_ text: [UInt8], status: Int32 = ExitStatus.temporaryFailure) {
        messages.write(.error, text)
        exitStatus = status
    }

    /// Something isn't there, which counts less than other failures.
    func noteMissing() {
        if exitStatus == 0 { exitStatus = ExitStatus.notFound }
    }

    /// A failure that has been told already.
    func noteFailure(status: Int32 = ExitStatus.temporaryFailure) {
        exitStatus = status
    }

    /// A success that is told to who asked for it.
    func report(_ text: String) {
        report(Array(text.utf8))
    }

    func report(_ text: [UInt8]) {
        if options.isVerbose { messages.write(.info, text) }
    }

    /// The end of a command whose connection broke in the middle of an answer: doveadm tells of it
    /// twice.
    func interruption(_ fault: DialogueFault) -> Stop {
        if case .readFailed = fault { messages.write(.error, fault.message) }
        return fault.stop
    }

    /// The connection ended in the middle.
    func reportDisconnection() {
        fail("\(endpoint.name) unexpectedly disconnected")
    }
}
