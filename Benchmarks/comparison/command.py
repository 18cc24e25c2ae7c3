"""The command line."""

import argparse
import contextlib
import datetime
import os
import pathlib
import signal
import tempfile
import traceback

from . import measures, programs
from .machine import Failure, describe, say
from .report import table

ABOUT = """Measures the exporter against its peers, all in one run on one machine: the ordinary ring
of five real directors with 50 backends, and simulated ones of up to 100,000 backends. Installs the
peers from Debian, builds the release, and prints one table in Markdown. Needs root, for the peers
and the ring; takes about eight minutes. Other programs that are busy meanwhile make every figure
worse, but hit both sides of a ratio."""


def arguments():
    parser = argparse.ArgumentParser(prog="compare", description=ABOUT)
    parser.add_argument(
        "--rounds", type=int, default=5, metavar="N",
        help="rounds of what is measured in turns; the median counts (default: 5)")
    parser.add_argument(
        "--only", metavar="NAMES", default=",".join(measures.ALL),
        help="measure these alone, by names joined with commas: " + ", ".join(measures.ALL))
    parser.add_argument(
        "--exporter", metavar="PATH", type=pathlib.Path,
        help="measure this program instead of building the release")
    parser.add_argument(
        "--net", type=int, default=250, metavar="N",
        help="the number of the real ring's networks, see lab/ring --help (default: 250)")
    parser.add_argument(
        "--strict", action="store_true", help="exit with 1 where a target is missed, too")
    options = parser.parse_args()
    unknown = set(options.only.split(",")) - set(measures.ALL)
    if unknown:
        parser.error(f"--only doesn't know {', '.join(sorted(unknown))}")
    if options.rounds < 1:
        parser.error("--rounds has to be 1 or more")
    if options.exporter and not os.access(options.exporter, os.X_OK):
        parser.error(f"--exporter: {options.exporter} is no program")
    if os.getuid() != 0:
        parser.error("only root can build a ring of directors")
    return options


def interrupted(*_):
    raise KeyboardInterrupt


def main():
    """Returns 0, or 1 after errors; with --strict also after a miss."""
    options = arguments()
    # Before other programs of this machine: everything that is compared inherits it.
    with contextlib.suppress(OSError):
        os.nice(-10)
    # Whatever ends the run, what it started is stopped on the way out.
    signal.signal(signal.SIGTERM, interrupted)
    names = [name for name in measures.ALL if name in options.only.split(",")]
    rows, failed = [], []
    try:
        programs.install()
        exporter = options.exporter.resolve() if options.exporter else programs.build()
        with contextlib.ExitStack() as stack:
            directory = pathlib.Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix="dde-compare-")))
            ring = None
            if measures.NEED_RING.intersection(names):
                ring = stack.enter_context(programs.real_ring(options.net, 5, 50))
            bench = measures.Bench(
                programs.Programs(exporter, directory), ring, directory, options.rounds)
            for name in names:
                say(f"measuring: {name}")
                try:
                    rows += measures.ALL[name](bench)
                except Exception as error:  # One measure that fails doesn't take the others along.
                    if not isinstance(error, Failure):
                        traceback.print_exc()
                    say(f"{name} can't be measured: {error}")
                    failed.append(name)
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    except Failure as error:
        say(f"compare: {error}")
        return 1
    now = datetime.datetime.now(datetime.timezone.utc)
    peers = ", ".join(f"{name} {version}" for name, version in programs.versions().items())
    print(f"{now:%Y-%m-%d}. {describe()}; {peers}; load {os.getloadavg()[1]:.1f}.\n")
    print(table(rows))
    missed = [row for row in rows if row.met is False]
    if missed:
        print(f"\nMissed: {len(missed)} of {sum(row.met is not None for row in rows)} targets.")
    if failed:
        print(f"\nNot measured: {', '.join(failed)}.")
    return 1 if failed or options.strict and missed else 0
