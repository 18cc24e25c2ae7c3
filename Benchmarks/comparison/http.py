"""An HTTP client that costs little, so that it measures the server and not itself."""

import socket
import time

from .machine import Failure

# What Prometheus 2 asks with.
PROMETHEUS = (
    "Accept: application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3\r\n"
    "Accept-Encoding: gzip\r\n")


class Client:
    """One kept connection."""

    def __init__(self, port, headers="", timeout=30):
        self.request = f"GET /metrics HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode()
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.buffer = bytearray(1 << 20)

    def close(self):
        self.socket.close()

    def get(self, keep_body=False):
        """One answer. Returns (body or its length, seconds to its first bytes, seconds to its last)."""
        start = time.monotonic()
        self.socket.sendall(self.request)
        received = b""
        while b"\r\n\r\n" not in received:
            piece = self.socket.recv(65536)
            if not piece:
                raise Failure("the server closed the connection")
            received += piece
        first = time.monotonic() - start
        head, body = received.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").lower().split("\r\n")
        if " 200 " not in lines[0]:
            raise Failure(f"answered {lines[0]}")
        fields = dict(line.split(": ", 1) for line in lines[1:])
        if "content-length" in fields:
            length = int(fields["content-length"])
            pieces, count = [body], len(body)
            while count < length:
                # What is not kept is written over.
                size = self.socket.recv_into(self.buffer, min(len(self.buffer), length - count))
                if size == 0:
                    raise Failure("the server closed the connection")
                count += size
                if keep_body:
                    pieces.append(bytes(self.buffer[:size]))
            result = b"".join(pieces) if keep_body else count
        elif fields.get("transfer-encoding") == "chunked":
            result = self._chunks(body)
            if not keep_body:
                result = len(result)
        else:
            raise Failure("an answer without a length")
        return result, first, time.monotonic() - start

    def _chunks(self, rest):
        body = b""
        while True:
            while b"\r\n" not in rest:
                rest += self.socket.recv(65536)
            size, rest = rest.split(b"\r\n", 1)
            size = int(size, 16)
            while len(rest) < size + 2:
                rest += self.socket.recv(65536)
            body += rest[:size]
            rest = rest[size + 2:]
            if size == 0:
                return body


def page(port, headers=""):
    """The page of metrics."""
    client = Client(port, headers)
    try:
        return client.get(keep_body=True)[0]
    finally:
        client.close()


def wait_for(port, text, process, seconds=20):
    """Asks until the page contains `text`, with hardly a pause. Returns the page."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            found = page(port)
            if text in found:
                return found
        except (ConnectionError, Failure):
            pass
        if process.poll() is not None:
            raise Failure(f"it exited with {process.returncode} before it served anything")
        # Without it the client takes a core from what it waits for.
        time.sleep(0.0002)
    raise Failure(f"no page with {text.decode()!r} within {seconds} s")
