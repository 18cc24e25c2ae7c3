internal import AdminProbe
internal import DirectorControl
internal import DirectorRing
internal import Glibc

/// `ring verify`: whether the ring is whole, in the form of a monitoring plugin.
enum VerifyCommand {
    static let command = Command(
        name: "ring verify",
        usage: "[-a <director socket path>] [-e <ip>[:<port>]] [<socket path or exporter URL>...]",
        summary: "Say whether the ring is whole, as a monitoring plugin does.",
        details: """
            One line and an exit code: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. With -v each finding
            has its line.
            One director is asked for its order, its neighbours, their silence and its isolation.
            Several, by their sockets or by their exporters (http://HOST:10027), are also compared:
            whether they form one ring, which edge is missing, and whether they have the same members
            and backends. -e names a member that should be there, and may be repeated.
            The socket must be readable, which means that it could also change the ring; the exporters'
            pages can't.
            """,
        options: [Command.socketOption, OptionDefinition("expect", short: "e")],
        repeatedPositional: Targets.positional,
        isDoveadms: false,
        run: run)

    private static func run(_ invocation: Invocation) throws(Stop) {
        let arguments = invocation.arguments
        var expected: [Member] = []
        for text in arguments.all("expect").map({ String(decoding: $0, as: UTF8.self) }) {
            guard let member = Member(text) else {
                throw .fatal(
                    "-e: '\(text)' is no member: IP, IP:PORT or [IPv6]:PORT", status: 3)
            }
            expected.append(member)
        }
        var reports: [RingReport] = []
        var failures: [RingVerdict.Finding] = []
        for endpoint in Targets.endpoints(invocation) {
            do throws(RingVerdict.Finding) {
                reports.append(try ask(endpoint, invocation.options.deadlines))
            } catch {
                failures.append(error)
            }
        }
        for url in Targets.urls(invocation) {
            do throws(RingVerdict.Finding) {
                reports.append(try ask(url, invocation.options.deadlines))
            } catch {
                failures.append(error)
            }
        }
        let verdict = RingVerdict(reports, failures: failures, expected: expected)
        try show(verdict, reports, invocation)
        invocation.noteFailure(status: verdict.severity.rawValue)
    }

    /// A director that doesn't answer is a fault of the ring; one that may not be asked, or isn't
    /// there, is a question.
    private static func ask(
        _ endpoint: Endpoint, _ deadlines: Deadlines
    ) throws(RingVerdict.Finding) -> RingReport {
        do throws(DialogueFault) {
            let dialogue = try AdminDialogue(connectingTo: endpoint, deadlines: deadlines)
            guard let lists = try dialogue.bothLists() else {
                throw DialogueFault.closedEarly(target: endpoint.name)
            }
            let reply: AdminReply
            do throws(AdminFault) {
                reply = try lists.reply()
            } catch {
                throw DialogueFault.incompatible(target: "\(endpoint.name): \(error.message):")
            }
            return RingReport(
                source: endpoint.name, RingSnapshot(reply), now: Double(time(nil)))
        } catch {
            let isQuestion =
                switch error {
                case .unreachable(_, let code): code != ECONNREFUSED && code != EAGAIN
                case .unknownHost, .portMissing, .incompatible, .lineTooLong: true
                default: false
                }
            throw RingVerdict.Finding(isQuestion ? .unknown : .critical, error.message)
        }
    }

    private static func ask(
        _ url: String, _ deadlines: Deadlines
    ) throws(RingVerdict.Finding) -> RingReport {
        let samples: [MetricSample]
        do throws(ExporterPage.Failure) {
            samples = try ExporterPage.fetch(url, timeout: deadlines.list ?? .seconds(30))
        } catch {
            throw RingVerdict.Finding(.unknown, error.text)
        }
        guard samples.contains(where: { $0.name == "dovecot_director_up" }) else {
            throw RingVerdict.Finding(.unknown, "\(url) is not this exporter's page")
        }
        guard let report = RingReport(source: url, samples) else {
            let name =
                samples.first { $0.name == "dovecot_director_exporter_last_known_director_info" }?
                .labels["director"] ?? "the director of \(url)"
            throw RingVerdict.Finding(.critical, "\(name) doesn't answer its exporter")
        }
        return report
    }

    private static func show(
        _ verdict: RingVerdict, _ reports: [RingReport], _ invocation: Invocation
    ) throws(Stop) {
        if invocation.options.formatter != nil {
            let rows = invocation.rows([Column("severity"), Column("finding")])
            for finding in verdict.findings {
                try rows.print("\(finding.severity)")
                try rows.print(finding.text)
            }
            return
        }
        let output = invocation.output
        let members = reports.reduce(into: Set<Member>()) { $0.formUnion($1.members) }
        output.write("RING \("\(verdict.severity)".uppercased()) - ")
        output.write(
            clean(
                verdict.findings.isEmpty
                    ? praise(reports, members.count)
                    : verdict.findings.map(\.text).joined(separator: "; ")))
        output.write(" | members=\(members.count) rings=\(verdict.rings.count)")
        if let silence = verdict.longestSilence {
            output.write(" silence=\(Int(silence))s;;\(Int(RingVerdict.silenceLimit))")
        }
        output.write("\n")
        guard invocation.options.isVerbose else { return }
        for finding in verdict.findings {
            output.write("\("\(finding.severity)".uppercased()): \(clean(finding.text))\n")
        }
    }

    private static func praise(_ reports: [RingReport], _ members: Int) -> String {
        let asked = reports.count == 1 ? "" : ", \(reports.count) directors agree"
        return members == 1
            ? "one director\(asked)" : "\(members) members, linked in order and synced\(asked)"
    }

    /// What follows a bar is performance data to a monitoring system, and a line is a line.
    private static func clean(_ text: String) -> String {
        String(text.map { $0 == "|" ? "/" : $0.isNewline ? " " : $0 })
    }
}
