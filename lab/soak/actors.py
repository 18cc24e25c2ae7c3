"""Who takes part: the simulator, the exporters beside its members, the journal, HTTP clients."""

import contextlib
import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class Trouble(Exception):
    """The soak itself can't go on."""


def free_port():
    """A port that no client is given by the kernel: it has to be free again after each restart."""
    while True:
        port = random.randrange(20_000, 30_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Ring:
    """The simulator, and orders for it."""

    def __init__(self, programs, directory, members, backends, seed):
        self.program = programs / "director-simulator"
        self.changer = programs / "directorctl"
        self.directory = directory
        self.process = subprocess.Popen(
            [self.program, "--members", str(members), "--backends", str(backends), "--users", "500",
             "--logins", "20", "--seed", str(seed), directory],
            stdout=subprocess.PIPE, text=True)
        for _ in range(members):
            if not self.process.stdout.readline():
                raise Trouble("director-simulator did not start")

    def socket(self, member):
        return f"{self.directory}/{member}/director-admin"

    def order(self, text, limit=60):
        result = subprocess.run(
            [self.program, "ctl", self.directory, *text.split()], capture_output=True, text=True,
            timeout=limit)
        if result.returncode:
            raise Trouble(f"director-simulator ctl {text}: {result.stderr.strip()}")
        return result.stdout

    def is_whole(self, seconds):
        with contextlib.suppress(Trouble, subprocess.TimeoutExpired):
            self.order(f"wait {seconds}s", seconds + 10)
            return True
        return False

    def change(self, member, command):
        """Whether the director took it."""
        result = subprocess.run(
            [self.changer, "--timeout", "5s", *command, "-a", self.socket(member)],
            capture_output=True, timeout=30)
        return result.returncode == 0

    def connections(self, member):
        path = self.socket(member)
        with open("/proc/net/unix") as file:
            rows = [line.split() for line in file]
        # The simulator's sockets were made under another name.
        return sum(len(row) == 8 and row[5] == "03" and row[7].rstrip("~") == path for row in rows)

    def end(self):
        self.process.terminate()
        self.process.wait()


class Exporter:
    """One sidecar, over all its lives."""

    FLAGS = ("--director.poll-interval=200ms", "--director.timeout=2s", "--no-director.link-probe",
             "--log.format=logfmt")

    def __init__(self, program, ring, member, directory):
        self.member = member
        self.state = directory / f"state{member}"
        self.state.mkdir()
        # A disk of its own, which can be filled up.
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "none", self.state], check=True)
        self.log_path = directory / f"exporter{member}.log"
        self.port = free_port()
        self.command = [
            program, f"--director.socket={ring.socket(member)}", f"--state.directory={self.state}",
            f"--web.listen-address=127.0.0.1:{self.port}", *self.FLAGS]
        self.lives = []  # [from, to, or None while it lives]
        self.pauses = []  # [from, to]
        self.is_paused = False
        self.process = None
        self.last_error = None

    @property
    def is_alive(self):
        return self.process is not None

    def start(self):
        if self.is_alive:
            return
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.lives.append([time.time(), None])

    def end(self, how):
        """Returns the exit code."""
        if not self.is_alive:
            return 0
        self.resume()
        self.lives[-1][1] = time.time()
        process, self.process = self.process, None
        process.send_signal(how)
        try:
            return process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def has_crashed(self):
        process = self.process
        return process is not None and process.poll() is not None

    def forget(self):
        """It has ended by itself, and is started again at the next calm."""
        self.lives[-1][1] = time.time()
        self.process = None

    def pause(self):
        if self.is_alive and not self.is_paused:
            self.process.send_signal(signal.SIGSTOP)
            self.is_paused = True
            self.pauses.append([time.time(), None])

    def resume(self):
        if self.is_paused:
            self.process.send_signal(signal.SIGCONT)
            self.is_paused = False
            self.pauses[-1][1] = time.time()

    def page(self, limit=10):
        """The metrics by series; None where it doesn't answer."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=limit) as client:
                client.sendall(b"GET /metrics HTTP/1.1\r\nHost: soak\r\nConnection: close\r\n\r\n")
                data = b""
                while more := client.recv(65536):
                    data += more
        except OSError as error:
            self.last_error = error
            return None
        head, _, body = data.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            self.last_error = head[:80]
            return None
        page = {}
        for line in body.decode().split("\n"):
            if line and not line.startswith("#"):
                series, _, value = line.rpartition(" ")
                page[series] = float(value)
        return page

    def fill_disk(self):
        with contextlib.suppress(OSError), open(self.state / "fill", "wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))

    def free_disk(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.state / "fill")

    def log(self):
        return self.log_path.read_text(errors="replace").split("\n")[:-1]


class Journal:
    """journald in a mount namespace of the soak's own."""

    HOLDER = ROOT / "lab" / "journald-holder.py"
    SOCKET = "/run/systemd/journal/socket"

    def __init__(self):
        self.trouble = None
        self.journald = None
        self.control("start")

    def control(self, command):
        result = subprocess.run(["python3", self.HOLDER, command], capture_output=True, text=True)
        if result.returncode:
            raise Trouble(f"journald-holder {command}: {result.stderr.strip()}")
        return result.stdout

    def hurt(self, kind):
        self.trouble = kind
        if kind == "stop":
            self.control("stop-journald")
        elif kind == "stand still":
            self.journald = int(re.search(r"journald (\d+)", self.control("status"))[1])
            os.kill(self.journald, signal.SIGSTOP)
        else:
            os.rename(self.SOCKET, self.SOCKET + ".away")

    def mend(self):
        kind, self.trouble = self.trouble, None
        if kind == "stop":
            self.control("start-journald")
        elif kind == "stand still":
            os.kill(self.journald, signal.SIGCONT)
        elif kind == "vanish":
            os.rename(self.SOCKET + ".away", self.SOCKET)

    def entries(self):
        """All events, in the order of their delivery."""
        text = subprocess.run(
            ["journalctl", "-o", "json", "--no-pager", "-q", "--all",
             "SYSLOG_IDENTIFIER=dovecot-director-exporter"],
            capture_output=True, text=True, check=True).stdout
        entries = [json.loads(line) for line in text.split("\n") if line]
        return [entry for entry in entries if "DIRECTOR_EVENT" in entry]

    def end(self):
        self.mend()
        with contextlib.suppress(Trouble):
            self.control("stop")


class Clients(threading.Thread):
    """HTTP clients as nobody wants them, for some seconds."""

    def __init__(self, port, kind, seconds):
        super().__init__(daemon=True)
        self.port, self.kind, self.seconds = port, kind, seconds
        self.start()

    def run(self):
        deadline = time.monotonic() + self.seconds
        with contextlib.ExitStack() as stack:
            clients = []
            for _ in range({"half-open": 300, "slow": 40, "stuck": 40, "hasty": 0}[self.kind]):
                with contextlib.suppress(OSError):
                    client = stack.enter_context(
                        socket.create_connection(("127.0.0.1", self.port), timeout=2))
                    clients.append(client)
                    if self.kind == "stuck":
                        client.sendall(b"GET /metrics HTTP/1.1\r\nHost: soak\r\n\r\n" * 16)
            request = b"GET /metrics HTTP/1.1\r\nHost: soak\r\n\r\n"
            position = 0
            while time.monotonic() < deadline:
                with contextlib.suppress(OSError):
                    if self.kind == "slow" and position < len(request) - 1:
                        for client in clients:
                            client.sendall(request[position:position + 1])
                        position += 1
                    elif self.kind == "hasty":
                        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as client:
                            client.sendall(request)
                time.sleep(0.02 if self.kind == "hasty" else 0.2)
