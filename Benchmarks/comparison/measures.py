"""The rows of the table. Each function measures and returns a list of rows.

Who is compared runs in turns, so that a busy minute of the machine strikes both.
"""

import contextlib
import subprocess
import sys
import time

from . import http as web
from .machine import ROOT, Failure, cpu_nanoseconds, median, memory, run_measured, say
from .programs import requests_per_second
from .report import Row, at_least, at_most, megabytes, milliseconds, number, rate

HERE = ROOT / "Benchmarks/comparison"
SIZES = [100, 1_000, 10_000, 100_000]
# The shortest interval between polls that the exporter allows, in seconds.
SHORTEST_INTERVAL = 0.1


class Bench:
    """What all measures share."""

    def __init__(self, programs, ring, directory, rounds):
        self.programs = programs
        self.ring = ring
        self.directory = directory
        self.rounds = rounds

    @contextlib.contextmanager
    def fake_director(self, members, backends, change=None):
        """A socket that serves a ring of any size. Yields its path.

        What changes of all backends from answer to answer: "state", "users", or nothing.
        """
        path = self.directory / f"fake-{members}-{backends}-{change}"
        path.unlink(missing_ok=True)
        process = subprocess.Popen(
            [sys.executable, HERE / "fakedirector.py", path, str(members), str(backends),
             *(["--change", change] if change else [])],
            stdin=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 60
            while not path.exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise Failure("the simulated director doesn't come up")
                time.sleep(0.01)
            yield path
        finally:
            process.terminate()
            process.wait()


# The ordinary ring: real directors.

def memory_after_scrapes(bench):
    """Resident memory after 10,000 scrapes, half of them as Prometheus scrapes, half plain."""
    count = 10_000
    with bench.programs.sidecar(bench.ring.socket(1)) as (sidecar, port):
        page = web.page(port)
        with bench.programs.go_exporter(bench.programs.textfile(page)) as (go, go_port):
            for process_port in (port, go_port):
                for headers in ("", web.PROMETHEUS):
                    client = web.Client(process_port, headers)
                    for _ in range(count // 2):
                        client.get()
                    client.close()
            own, anonymous = memory(sidecar.pid)
            peer, peer_anonymous = memory(go.pid)
    return [
        at_most(f"resident after {count:,} scrapes, page of {len(page) / 1000:.0f} kB", own, peer,
                0.5, megabytes),
        Row("of it anonymous", megabytes(anonymous), megabytes(peer_anonymous),
            number(anonymous / peer_anonymous), "3 MB or less", anonymous <= 3e6),
    ]


def scrapes_per_second(bench):
    seconds = 3
    rows = []
    with bench.programs.sidecar(bench.ring.socket(1)) as (_, port):
        page = web.page(port)
        textfile = bench.programs.textfile(page)
        with bench.programs.nginx(page) as (_, nginx_port), \
                bench.programs.go_exporter(textfile) as (_, go_port):
            for connections, floor in ((1, 0.9), (8, 0.7)):
                figures = {port: [], nginx_port: [], go_port: []}
                for turn in range(bench.rounds):
                    say(f"  {connections} connections, round {turn + 1} of {bench.rounds}")
                    order = list(figures)
                    # Whoever is first in a round isn't in the next.
                    for server in order[turn % 3:] + order[:turn % 3]:
                        figures[server].append(requests_per_second(server, connections, seconds))
                plural = "" if connections == 1 else "s"
                for name, other, limit in (
                        ("nginx", nginx_port, floor), ("the Go exporter", go_port, 20)):
                    ratio = median([a / b for a, b in zip(figures[port], figures[other])])
                    rows.append(at_least(
                        f"scrapes on {connections} connection{plural}, against {name}", ratio,
                        median(figures[port]), median(figures[other]), limit, rate))
    return rows


def cpu_per_poll(bench):
    """With rendering; the peer is what scripts do instead."""
    commands = [
        ["doveadm", "-c", bench.ring.configuration(1), "director", *words]
        for words in (["status"], ["ring", "status"])
    ]
    own, peer = [], []
    interval = SHORTEST_INTERVAL
    with bench.programs.sidecar(
            bench.ring.socket(1), f"--director.poll-interval={interval * 1000:.0f}ms") as (
                process, _):
        time.sleep(2)
        for _ in range(bench.rounds):
            own.append(cpu_per_interval(process.pid, 5, interval))
            for _ in range(10):
                peer.append(sum(run_measured(command)[1] for command in commands))
    return [at_most("CPU of a poll with rendering", median(own), median(peer), 0.01, milliseconds,
                    target="1/100 or less")]


def cpu_per_interval(pid, seconds, interval):
    """The CPU that a process uses in each interval between polls, in seconds."""
    start, before = time.monotonic(), cpu_nanoseconds(pid)
    time.sleep(seconds)
    after, end = cpu_nanoseconds(pid), time.monotonic()
    return (after - before) / 1e9 / ((end - start) / interval)


def cpu_at_rest(bench):
    seconds = 40
    with bench.programs.sidecar(bench.ring.socket(1)) as (process, _):
        time.sleep(3)
        share = cpu_per_interval(process.pid, seconds, 1)
    return [Row(f"CPU at the default interval, over {seconds} s", f"{share * 100:.4f}% of a core",
                target="0.03% or less", met=share <= 0.0003)]


def link_probe(bench):
    """What asking the kernel about links costs with many other connections on the host."""
    count, per_process, seconds = 20_000, 5_000, 40
    with contextlib.ExitStack() as stack:
        for _ in range(count // per_process):
            process = stack.enter_context(subprocess.Popen(
                [sys.executable, HERE / "idleconnections.py", str(per_process)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE))
            if process.stdout.readline() != b"ready\n":
                raise Failure("the idle connections can't be made: raise the hard limit of "
                              "descriptors (ulimit -Hn) to 20,000")
        socket = bench.ring.socket(1)
        with_probe, port = stack.enter_context(bench.programs.sidecar(socket))
        without, _ = stack.enter_context(
            bench.programs.sidecar(socket, "--no-director.link-probe"))
        time.sleep(5)
        if b"\ndovecot_director_exporter_link_probe_up 1\n" not in web.page(port):
            raise Failure("the link probe doesn't find the ring's connections")
        pids = (with_probe.pid, without.pid)
        before = [cpu_nanoseconds(pid) for pid in pids]
        time.sleep(seconds)
        probed, plain = [
            (cpu_nanoseconds(pid) - start) / 1e9 / seconds
            for pid, start in zip(pids, before)
        ]
    extra = probed - plain
    return [Row(f"CPU of the link probe a poll, {count:,} other connections", milliseconds(extra),
                f"the poll: {milliseconds(plain)}", number(max(extra, 0) / plain) if extra > 0 else "0",
                "1 or less", extra <= plain)]


def start_to_first_scrape(bench):
    rounds = 2 * bench.rounds + 1
    own, peer = [], []
    with bench.programs.sidecar(bench.ring.socket(1)) as (_, port):
        textfile = bench.programs.textfile(web.page(port))

    def until_up(start):
        begin = time.monotonic()
        with start as (process, port):
            web.wait_for(port, b"\ndovecot_director_up 1\n", process)
            return time.monotonic() - begin

    for _ in range(rounds):
        own.append(until_up(bench.programs.started_exporter(bench.ring.socket(1))))
        peer.append(until_up(bench.programs.started_go_exporter(textfile)))
    return [at_most(f"start to the first scrape with up 1, median of {rounds}", median(own),
                    median(peer), 1, milliseconds, target="faster")]


# Large rings: a simulated director, whose socket doveadm asks as well.

def large_rings(bench):
    """Poll and render against doveadm, as whole processes on the clock; and whether it is linear."""
    rows, quiet, busy = [], {}, {}
    for backends in SIZES:
        with bench.fake_director(50, backends) as socket:
            own, peer = [], []
            for _ in range(bench.rounds * (1 if backends > 10_000 else 2)):
                own.append(run_measured(
                    [bench.programs.exporter, "--once", f"--director.socket={socket}"])[0])
                peer.append(run_measured(["doveadm", "director", "status", "-a", socket])[0])
            rows.append(at_most(
                f"poll and render once, 50 members, {backends:,} backends", median(own),
                median(peer), 1, milliseconds, target="faster"))
            quiet[backends] = cpu_of_a_poll(bench, socket, backends)
        with bench.fake_director(50, backends, "users") as socket:
            busy[backends] = cpu_of_a_poll(bench, socket, backends)
    small, large = SIZES[-2:]
    for costs, when in ((quiet, "nothing changes"), (busy, "the users of all change")):
        per_backend = [
            (costs[b] - costs[a]) / (b - a) for a, b in ((SIZES[0], small), (small, large))
        ]
        growth = per_backend[1] / per_backend[0]
        rows.append(Row(
            f"CPU of each further backend a poll, {small:,} to {large:,}, {when}",
            f"{per_backend[1] * 1e6:.2f} µs", f"up to {small:,}: {per_backend[0] * 1e6:.2f} µs",
            number(growth), "linear: 1.5 or less", growth <= 1.5))
    return rows


def cpu_of_a_poll(bench, socket, backends):
    """At the default interval; in seconds."""
    with bench.programs.sidecar(socket) as (process, _):
        # The hash shares of a new view are computed once, beside the polls.
        time.sleep(2 + backends / 10_000)
        return cpu_per_interval(process.pid, 5, 1)


def memory_of_large_rings(bench):
    sizes = SIZES[1:]
    used = {}
    for backends in sizes:
        with bench.fake_director(50, backends) as socket, \
                bench.programs.sidecar(socket) as (process, port):
            time.sleep(2 + backends / 10_000)
            client = web.Client(port)

            def scrape(seconds):
                end = time.monotonic() + seconds
                count = 0
                while time.monotonic() < end:
                    client.get()
                    count += 1
                return count

            scrape(5)
            used[backends] = memory(process.pid)[0]
            if backends == 10_000:
                count = scrape(20)
                later = memory(process.pid)[0]
                growth = Row(
                    f"the same, {count:,} scrapes later", megabytes(later),
                    ratio=number(later / used[backends]), target="no growth: 1.05 or less",
                    met=later <= used[backends] * 1.05)
            client.close()
    slopes = [(used[b] - used[a]) / (b - a) for a, b in zip(sizes, sizes[1:])]
    ratio = slopes[1] / slopes[0]
    return [
        Row("resident with 10,000 backends, scraped for 5 s", megabytes(used[10_000])),
        growth,
        Row("memory of each further backend, 10,000 to 100,000", f"{slopes[1]:,.0f} B",
            f"up to 10,000: {slopes[0]:,.0f} B", number(ratio), "linear: 1.5 or less",
            ratio <= 1.5),
    ]


def scrape_during_changes(bench):
    """Scrapes one after the other while all of 100,000 backends change at each poll."""
    seconds = 20
    with bench.fake_director(50, 100_000, "state") as socket, \
            bench.programs.sidecar(socket) as (process, port):
        client = web.Client(port)
        client.get()
        firsts, lasts = [], []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            _, first, last = client.get()
            firsts.append(first)
            lasts.append(last)
            # As often as a very eager Prometheus; the poll loop has the other core.
            time.sleep(0.05)
        size = client.get()[0]
        client.close()
    ordered = sorted(lasts)
    return [
        Row(f"a scrape ({size / 1e6:.0f} MB) while 100,000 backends change, worst of {len(lasts)}",
            milliseconds(ordered[-1]), f"median: {milliseconds(median(lasts))}",
            target="within 100 ms", met=ordered[-1] <= 0.1),
        Row("its first bytes, worst", milliseconds(max(firsts)),
            f"median: {milliseconds(median(firsts))}"),
    ]


# By the name that `--only` takes.
ALL = {
    "memory": memory_after_scrapes,
    "scrapes": scrapes_per_second,
    "poll": cpu_per_poll,
    "rest": cpu_at_rest,
    "probe": link_probe,
    "start": start_to_first_scrape,
    "large": large_rings,
    "large-memory": memory_of_large_rings,
    "changes": scrape_during_changes,
}
NEED_RING = {"memory", "scrapes", "poll", "rest", "probe", "start"}
