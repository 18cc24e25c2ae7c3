import Foundation
import Testing

/// Clients that are slow, many, or after something. No director is needed.
@Suite(.serialized, .enabled(if: Lab.hasTools)) struct CuriousClientTests {
    private let certificates: Certificates
    private let sidecar: Sidecar

    init() throws {
        certificates = try Certificates()
        let file = try certificates.write(Certificates.tls + Certificates.user)
        sidecar = try Sidecar(
            socket: "/nonexistent", ["--web.config.file=\(file)", "--log.level=info"],
            wrapper: ["prlimit", "--nofile=1024"])
    }

    private func isServing() async throws -> Bool {
        try await eventually(within: .seconds(20)) { sidecar.port != 0 }
    }

    private func scrape(_ from: String = "127.0.0.1") throws -> Curl.Answer {
        try Curl.ask(
            "https://127.0.0.1:\(sidecar.port)/metrics",
            [
                "--cacert", certificates.path("ca.crt"), "-u", "prom:fakepassword", "--interface", from,
                "--max-time", "10",
            ])
    }

    private func python(_ script: String) throws -> String {
        try Command.run("python3", ["-c", script, "\(sidecar.port)"])
    }

    /// Ten times as many connections as there are descriptors, none of which says a word; then some
    /// that stop in the middle of the handshake.
    @Test func silentClients() async throws {
        try #require(try await isServing())
        #expect(try scrape().status == 200)
        // A sanitizer makes everything slow.
        let slack = Lab.isSanitized ? 3.0 : 1
        let output = try python(
            """
            import resource, socket, ssl, sys, time, urllib.request, base64
            resource.setrlimit(resource.RLIMIT_NOFILE, (20000, 20000))
            port = int(sys.argv[1])
            def scrape():
                context = ssl._create_unverified_context()
                request = urllib.request.Request(f"https://127.0.0.1:{port}/metrics", headers={
                    "Authorization": "Basic " + base64.b64encode(b"prom:fakepassword").decode()})
                begun = time.monotonic()
                status = urllib.request.urlopen(request, context=context, timeout=10).status
                return status, time.monotonic() - begun
            silent, slowest = [], 0
            for n in range(6000):
                s = socket.create_connection(("127.0.0.1", port))
                # Every other one begins a handshake.
                if n % 2: s.send(bytes.fromhex("16030100c8010000c40303"))
                silent.append(s)
                if n % 500 == 499:
                    status, took = scrape()
                    assert status == 200
                    slowest = max(slowest, took)
            begun = time.monotonic()
            # Nobody stays longer than the time that a request may take, and a second.
            for s in silent[-400:]:
                s.settimeout(\(15 * slack))
                try:
                    while s.recv(4096): pass
                except ConnectionResetError: pass
            print(slowest, time.monotonic() - begun)
            """)
        let times = output.split(separator: " ").compactMap {
            Double($0.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        #expect(times.count == 2 && times[0] < 5 * slack && times[1] < 14 * slack, "\(output)")
        #expect(try scrape().status == 200)
        #expect(sidecar.stop() == 0)
    }

    /// Whoever guesses passwords keeps neither those from their scrapes who know one, nor anybody
    /// from the health pages.
    @Test func guessing() async throws {
        try #require(try await isServing())
        #expect(try scrape().status == 200)
        let output = try python(
            """
            import base64, socket, ssl, sys, threading, time, urllib.error, urllib.request
            port = int(sys.argv[1])
            context = ssl._create_unverified_context()
            class From(urllib.request.HTTPSHandler):
                def __init__(self, address):
                    super().__init__(context=context)
                    self.address = address
                def https_open(self, request):
                    import http.client
                    def make(host, **more):
                        return http.client.HTTPSConnection(host, source_address=(self.address, 0), **more)
                    return self.do_open(make, request, context=context)
            def ask(credentials, address, path="/metrics"):
                request = urllib.request.Request(f"https://127.0.0.1:{port}{path}", headers={
                    "Authorization": "Basic " + base64.b64encode(credentials.encode()).decode()})
                try:
                    return urllib.request.build_opener(From(address)).open(request, timeout=20).status
                except urllib.error.HTTPError as error:
                    return error.code
            stop, codes = False, {}
            def guess(n):
                k = 0
                while not stop:
                    k += 1
                    code = ask(f"{'prom' if k % 2 else 'x'}:{n}.{k}", "127.0.0.66")
                    codes[code] = codes.get(code, 0) + 1
            threads = [threading.Thread(target=guess, args=(n,)) for n in range(12)]
            for thread in threads: thread.start()
            while codes.get(401, 0) < 5: time.sleep(0.05)
            slowest = 0
            for n in range(20):
                begun = time.monotonic()
                assert ask("prom:fakepassword", "127.0.0.1") == 200
                assert ask("", "127.0.0.1", "/-/healthy") == 200
                slowest = max(slowest, time.monotonic() - begun)
            # One whose password isn't remembered has its turn too.
            begun = time.monotonic()
            assert ask("prom:mistyped", "127.0.0.1") == 401
            turn = time.monotonic() - begun
            stop = True
            for thread in threads: thread.join()
            assert set(codes) <= {401, 503}, codes
            print(slowest, turn)
            """)
        let times = output.split(separator: " ").compactMap {
            Double($0.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        #expect(times.count == 2 && times[0] < 3 && times[1] < 6, "\(output)")
    }

    /// Bytes of all kinds end in an answer or a close, in no line of the log, and in no harm.
    @Test func noise() async throws {
        try #require(try await isServing())
        let lines = try String(contentsOfFile: sidecar.log, encoding: .utf8).split(separator: "\n").count
        _ = try python(
            """
            import os, random, socket, ssl, sys
            port = int(sys.argv[1])
            random.seed(7)
            hello = []
            class Tap:
                pass
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            client = ssl._create_unverified_context().wrap_bio(incoming, outgoing)
            try: client.do_handshake()
            except ssl.SSLWantReadError: pass
            hello = outgoing.read()
            def say(data, closes):
                s = socket.create_connection(("127.0.0.1", port))
                s.settimeout(15)
                try:
                    s.sendall(data)
                    if closes: s.shutdown(socket.SHUT_WR)
                    if closes or data[:1].isupper():
                        while s.recv(4096): pass
                except (ConnectionError, OSError) as error:
                    assert not isinstance(error, TimeoutError), data[:20]
                s.close()
            for n in range(400):
                data = bytearray(hello)
                for _ in range(random.randrange(1, 6)):
                    data[random.randrange(len(data))] = random.randrange(256)
                say(bytes(data[:random.randrange(1, len(data))]), True)
                say(bytes(data), True)
                say(os.urandom(random.randrange(1, 300)), True)
            for data in [b"GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n", b"A", b"OPTIONS * HTTP/1.1\\r\\n\\r\\n", b"PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n"]:
                say(data, False)
            say(b"", True)
            # Inside of TLS.
            def speak(data):
                s = ssl._create_unverified_context().wrap_socket(socket.create_connection(("127.0.0.1", port)))
                s.settimeout(15)
                try:
                    s.sendall(data)
                    heard = b""
                    while True:
                        more = s.recv(65536)
                        if not more: break
                        heard += more
                except (ConnectionError, ssl.SSLError): pass
                s.close()
                return heard.split(b" ")[1:2]
            end = b"Host: x\\r\\nConnection: close\\r\\n\\r\\n"
            for data, code in [
                (b"GET / HTTP/1.1\\r\\nX: " + b"a" * 200000 + b"\\r\\n" + end, b"431"),
                (b"GET /" + b"a" * 200000 + b" HTTP/1.1\\r\\n" + end, b"431"),
                (b"FOO / HTTP/1.1\\r\\n" + end, b"400"), (b"TRACE / HTTP/1.1\\r\\n" + end, b"401"),
                (b"GET / HTTP/1.1\\r\\nAuthorization: Basic " + b"A" * 60000 + b"\\r\\n" + end, b"401"),
                (b"GET / HTTP/1.1\\r\\nAuthorization: Basic YTpi\\r\\nAuthorization: Basic YTpi\\r\\n" + end, b"401"),
                (b"POST /-/reload HTTP/1.1\\r\\nContent-Length: 99999999\\r\\n" + end, None),
                (b"\\x00\\x01\\x02", b"400")]:
                heard = speak(data)
                assert code is None or heard == [code], (data[:40], heard)
            """)
        #expect(try scrape().status == 200)
        let after = try String(contentsOfFile: sidecar.log, encoding: .utf8).split(separator: "\n")
        #expect(after.count <= lines + 2, "\(after.suffix(5))")
        #expect(sidecar.stop() == 0)
    }
}
