"""Processes, and what the kernel says of them."""

import contextlib
import os
import pathlib
import signal
import socket
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class Failure(Exception):
    """Something that has to work for a figure to mean anything did not."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def median(values):
    return statistics.median(values)


def cpu_nanoseconds(pid):
    """The CPU that all threads of a process have used, those that have ended included."""
    return time.clock_gettime_ns((~pid << 3) | 2)


def memory(pid):
    """(resident, anonymous) bytes of a process."""
    fields = {}
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, number = line.split()[:2]
        fields[name] = int(number) * 1024
    return fields["Rss:"], fields["Anonymous:"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(command, log, **options):
    """A program for as long as the block lasts. What it says goes to the file `log`."""
    with open(log, "ab") as output:
        process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=output,
            stderr=output, **options)
    try:
        yield process
    finally:
        stop(process)


def stop(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def run_measured(command):
    """Runs a program to its end. Returns (seconds on the clock, seconds of CPU)."""
    start = time.monotonic()
    with open(os.devnull, "wb") as nothing:
        process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=nothing,
            stderr=subprocess.PIPE)
        said = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
    took = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Failure(f"{command[0]} exited with {process.returncode}: {said.decode().strip()}")
    return took, usage.ru_utime + usage.ru_stime


def describe():
    """One line on the machine, without its name."""
    system = pathlib.Path("/etc/os-release").read_text()
    name = next(
        (line.split("=", 1)[1].strip('"') for line in system.splitlines()
         if line.startswith("PRETTY_NAME=")), "Linux")
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return (f"{os.uname().machine}, {os.cpu_count()} cores, {round(pages / 2**30)} GiB, {name}, "
            f"kernel {os.uname().release.split('-')[0]}")
