import DirectorRing
import Foundation
import Testing

/// What is in the package, without installing it.
@Suite(.enabled(if: DebianPackage.file != nil)) struct PackageContentsTests {
    /// The package's files, unpacked once.
    private final class Tree: Sendable {
        let root: URL

        init() throws {
            root = FileManager.default.temporaryDirectory
                .appendingPathComponent("dde-m\(UUID().uuidString.prefix(8)).contents")
            let package = try #require(DebianPackage.file)
            try Command.run("dpkg-deb", ["-x", package, root.path])
        }

        deinit { try? FileManager.default.removeItem(at: root) }

        func url(_ path: String) -> URL { root.appendingPathComponent(path) }

        func text(_ path: String) throws -> String {
            try String(contentsOf: url(path), encoding: .utf8)
        }

        func has(_ path: String) -> Bool { FileManager.default.fileExists(atPath: url(path).path) }

        func names(in path: String) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: url(path).path).sorted()
        }
    }

    private static let documentation = "/usr/share/doc/dovecot-director-exporter"
    private let tree: Tree

    init() throws { tree = try Tree() }

    @Test func everyRunbookIsWhereItsAlertSays() throws {
        let rules = try tree.text("/usr/share/dovecot-director-exporter/alerts.yml")
        let paths = rules.matches(of: /runbook_url: file:\/\/(\S+)/).map { String($0.1) }
        #expect(paths.count >= 15)
        for path in paths { #expect(tree.has(path), "\(path)") }
    }

    /// Of the documents that a link names, each is in the package, at the place that the link leads to.
    @Test func everyLinkLeadsSomewhere() throws {
        let pages = try tree.names(in: Self.documentation).filter { $0.hasSuffix(".md") }
            + tree.names(in: Self.documentation + "/runbooks").map { "runbooks/" + $0 }
        #expect(pages.contains("SECURITY.md") && pages.contains("README.md") && pages.count > 20)
        var links = 0
        for page in pages {
            let path = Self.documentation + "/" + page
            for match in try tree.text(path).matches(of: /\]\(([^)#\s]+)[^)]*\)/)
            where !match.1.contains("://") {
                links += 1
                let target = URL(fileURLWithPath: String(match.1), relativeTo: URL(fileURLWithPath: path))
                #expect(tree.has(target.standardizedFileURL.path), "\(page): \(match.1)")
            }
        }
        #expect(links > 30)
    }

    @Test func programsAreWhatTheProjectPromises() throws {
        let tls = "/usr/libexec/dovecot-director-exporter/dovecot-director-exporter-tls"
        let control = try Data(contentsOf: tree.url("/usr/bin/directorctl"))
        for word in BinaryTests.changingWords {
            #expect(control.range(of: Data(word.utf8)) != nil, "\(word)")
        }
        for path in ["/usr/bin/dovecot-director-exporter", tls] {
            let exporter = try Data(contentsOf: tree.url(path))
            #expect(exporter.range(of: Data("HOST-LIS".utf8)) != nil)
            for word in BinaryTests.changingWords {
                #expect(exporter.range(of: Data(word.utf8)) == nil, "\(path): \(word)")
            }
        }
        for path in try tree.names(in: "/usr/bin").map({ "/usr/bin/" + $0 }) + [tls] {
            let file = tree.url(path).path
            let dynamic = try Command.run("readelf", ["-dW", file])
            // No Swift to be installed, and no library taken from where the program lies.
            #expect(!dynamic.contains("libswift") && !dynamic.contains("libFoundation"), "\(path)")
            #expect(!dynamic.contains("RPATH") && !dynamic.contains("RUNPATH"), "\(path)")
            #expect(dynamic.contains("BIND_NOW") && dynamic.contains("PIE"), "\(path)")
            let sections = try Command.run("readelf", ["-SW", file])
            #expect(!sections.contains(".debug_info"), "\(path)")
        }
        for program in try tree.names(in: "/usr/bin") {
            // Has a manual page and completions.
            #expect(tree.has("/usr/share/man/man1/\(program).1.gz"), "\(program)")
            #expect(tree.has("/usr/share/bash-completion/completions/\(program)"), "\(program)")
            #expect(
                try tree.names(in: "/usr/share/zsh/vendor-completions").contains {
                    try tree.text("/usr/share/zsh/vendor-completions/" + $0)
                        .prefix { $0 != "\n" }.split(separator: " ").dropFirst().contains { $0 == program }
                }, "\(program)")
            #expect(tree.has("/usr/share/fish/vendor_completions.d/\(program).fish"), "\(program)")
        }
    }

    @Test func completionsAreUnderstoodAndComplete() throws {
        for program in try tree.names(in: "/usr/bin") {
            let script = "/usr/share/bash-completion/completions/\(program)"
            #expect(try tree.text(script).count > 100)
            try Command.run("bash", ["-n", tree.url(script).path])
        }
        // As bash would call it.
        let words = try Command.run(
            "bash",
            [
                "-c",
                """
                . /usr/share/bash-completion/bash_completion
                . "$1/usr/share/bash-completion/completions/dovecot-director-exporter"
                PATH="$1/usr/bin:$PATH"
                COMP_WORDS=(dovecot-director-exporter --director.) COMP_CWORD=1
                COMP_LINE="${COMP_WORDS[*]}" COMP_POINT=${#COMP_LINE}
                _dovecot_director_exporter dovecot-director-exporter
                printf '%s\\n' "${COMPREPLY[@]}"
                """, "bash", tree.root.path,
            ])
        #expect(
            Set(words.split(separator: "\n")).isSuperset(of: [
                "--director.socket", "--director.expect", "--director.timeout",
            ]), "\(words)")
    }

    @Test func manualPagesAreWellFormed() throws {
        for name in try tree.names(in: "/usr/share/man/man1") {
            let complaints = try Command.run(
                "sh", ["-c", "MANWIDTH=80 man --warnings -l \"$1\" 2>&1 >/dev/null", "sh",
                    tree.url("/usr/share/man/man1/" + name).path])
            #expect(complaints.isEmpty, "\(name): \(complaints)")
        }
    }

    /// The catalog explains every kind of event, each once.
    @Test func catalogExplainsEveryEvent() throws {
        let catalog = try tree.text("/usr/lib/systemd/catalog/dovecot-director-exporter.catalog")
        let documented = try String(
            contentsOf: Project.root.appendingPathComponent("docs/events.md"), encoding: .utf8)
        let entries = catalog.matches(of: /(?m)^-- ([0-9a-f]{32})$/).map { String($0.1) }
        #expect(entries.count == EventKind.allCases.count)
        #expect(Set(entries).count == entries.count)
        for entry in entries { #expect(documented.contains("`\(entry)`"), "\(entry)") }
    }

    @Test func theAccountAloneDecides() throws {
        // What the package brings opens nothing: Dovecot's configuration is the administrator's.
        #expect(!tree.has("/etc/dovecot"))
        let snippet = try tree.text(
            "/usr/share/dovecot-director-exporter/dovecot/95-dovecot-director-exporter.conf")
        #expect(snippet.contains("group = dovecot-director-exporter") && snippet.contains("mode = 0660"))
    }
}
