"""The programs that are compared, each started in the way that serves it best."""

import contextlib
import pathlib
import re
import subprocess
import time

from . import http
from .machine import ROOT, Failure, free_port, running, say

PACKAGES = [
    "libsystemd-dev", "zlib1g-dev", "pkg-config", "dovecot-core", "dovecot-imapd", "nginx-light",
    "wrk", "prometheus-node-exporter", "iproute2", "iptables", "procps", "util-linux", "python3",
]
UP = b"\ndovecot_director_up 1\n"


def install():
    subprocess.run([ROOT / "scripts/install-packages", *PACKAGES], check=True)


def build():
    """The exporter as it is shipped. Returns its path."""
    say("building the release; the first time takes minutes")
    result = subprocess.run(
        [ROOT / "scripts/build", "--product", "dovecot-director-exporter"],
        stdout=subprocess.PIPE, text=True)
    if result.returncode != 0:
        raise Failure("the release doesn't build")
    return pathlib.Path(result.stdout.strip()) / "dovecot-director-exporter"


def versions():
    """Of the peers, for the report."""
    def first_line(*command):
        result = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return result.stdout.splitlines()[0] if result.stdout else "?"

    def number(text):
        found = re.search(r"\d+(\.\d+)+", text)
        return found.group() if found else "?"

    return {
        "Dovecot": number(first_line("dovecot", "--version")),
        "nginx": number(first_line("nginx", "-v")),
        "prometheus-node-exporter": number(first_line("prometheus-node-exporter", "--version")),
    }


class Programs:
    """Starts them in a directory of the run's own."""

    def __init__(self, exporter, directory):
        self.exporter = exporter
        self.directory = pathlib.Path(directory)
        self.count = 0

    def _fresh(self, name):
        self.count += 1
        path = self.directory / f"{name}{self.count}"
        path.mkdir()
        return path

    @contextlib.contextmanager
    def started_exporter(self, socket, *flags):
        """The exporter, not awaited. Yields (process, port)."""
        port = free_port()
        place = self._fresh("exporter")
        command = [
            self.exporter, f"--director.socket={socket}", f"--web.listen-address=127.0.0.1:{port}",
            f"--state.directory={place}", "--log.format=logfmt", *flags,
        ]
        with running(command, place / "log") as process:
            yield process, port

    @contextlib.contextmanager
    def sidecar(self, socket, *flags):
        """The exporter with a director that has answered. Yields (process, port)."""
        with self.started_exporter(socket, *flags) as (process, port):
            http.wait_for(port, UP, process)
            yield process, port

    def textfile(self, page):
        """A directory with a page for the Go exporter, without what it says of its own process."""
        place = self._fresh("textfile")
        lines = [
            line for line in page.decode().splitlines()
            if not re.match(r"(# (HELP|TYPE) )?process_", line)
        ]
        (place / "director.prom").write_text("\n".join(lines) + "\n")
        return place

    @contextlib.contextmanager
    def started_go_exporter(self, textfile):
        """prometheus-node-exporter with its textfile collector alone, not awaited."""
        port = free_port()
        command = [
            "prometheus-node-exporter", "--collector.disable-defaults", "--collector.textfile",
            f"--collector.textfile.directory={textfile}", f"--web.listen-address=127.0.0.1:{port}",
        ]
        with running(command, self.directory / "go-exporter.log") as process:
            yield process, port

    @contextlib.contextmanager
    def go_exporter(self, textfile):
        with self.started_go_exporter(textfile) as (process, port):
            http.wait_for(port, UP, process)
            yield process, port

    @contextlib.contextmanager
    def nginx(self, page):
        """One worker that serves the page as a static file, with all that makes that quick."""
        place = self._fresh("nginx")
        (place / "metrics").write_bytes(page)
        port = free_port()
        configuration = place / "nginx.conf"
        configuration.write_text(f"""
            worker_processes 1; daemon off; master_process off; user root;
            pid {place}/pid; error_log {place}/error;
            events {{ worker_connections 1024; }}
            http {{
                access_log off; default_type text/plain; sendfile on; tcp_nopush on;
                keepalive_requests 1000000000; keepalive_timeout 1h;
                open_file_cache max=16 inactive=1h; open_file_cache_valid 1h;
                client_body_temp_path {place}; proxy_temp_path {place};
                fastcgi_temp_path {place}; uwsgi_temp_path {place}; scgi_temp_path {place};
                server {{ listen 127.0.0.1:{port}; root {place}; }}
            }}""")
        with running(["nginx", "-c", configuration], place / "log") as process:
            http.wait_for(port, page[:40], process)
            yield process, port


def requests_per_second(port, connections, seconds):
    """What wrk gets out of a server."""
    result = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", f"http://127.0.0.1:{port}/metrics"],
        stdout=subprocess.PIPE, text=True, check=True)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", result.stdout)
    if not rate or "Non-2xx" in result.stdout or "Socket errors" in result.stdout:
        raise Failure(f"wrk: {result.stdout}")
    return float(rate.group(1))


@contextlib.contextmanager
def real_ring(net, members, backends):
    """A ring of real directors. Yields a `Ring`."""
    directory = pathlib.Path(f"/tmp/dde-c{net}")
    lab = ROOT / "lab/ring"
    subprocess.run([lab, "down", directory], stderr=subprocess.DEVNULL)
    say(f"a ring of {members} real directors with {backends} backends")
    try:
        subprocess.run(
            [lab, "up", directory, "--net", str(net), "--members", str(members), "--backends",
             str(backends)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(2)  # The last rows of the members' handshakes.
        yield Ring(directory)
    except subprocess.CalledProcessError as error:
        raise Failure(f"the ring can't be built: {error}") from error
    finally:
        subprocess.run([lab, "down", directory], stderr=subprocess.DEVNULL)


class Ring:
    def __init__(self, directory):
        self.directory = directory

    def socket(self, member):
        return self.directory / f"m{member}/run/director-admin"

    def configuration(self, member):
        return self.directory / f"m{member}/dovecot.conf"
