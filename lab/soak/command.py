"""The command line, and the run."""

import argparse
import collections
import concurrent.futures
import contextlib
import os
import pathlib
import queue
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from .actors import ROOT, Clients, Exporter, Journal, Ring, Trouble
from .health import Health, anonymous_kilobytes, descriptors
from .journal import TOLERANCE, Ledger, Replay
from .plan import ELDER, Plan
from .truth import Watcher
from .verdict import BACKOFF, PREFIX, TIMEOUT, Checks, family, page_differences, surplus

ABOUT = """Chaos by a script, and a verdict: a simulated ring with an exporter beside each member;
backends that change, members that crash and hang, splits, sockets that misbehave, exporters that are
killed and paused, a journal that is away, full disks and bad HTTP clients. What the exporters say in
metrics and journal is compared with what the directors themselves were heard to say and with what
the script did. Exit code 0 if nothing was wrong, 1 if something was, 2 if it could not run."""

NAMESPACE = "SOAK_NAMESPACE"
SETTLE = 1.2  # seconds after which the watchers know what was at a moment
AFTERMATH = TIMEOUT + BACKOFF + 4  # a trouble's outage may show for so long behind it


def arguments():
    parser = argparse.ArgumentParser(prog="soak", description=ABOUT)
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=float, metavar="M", help="how long it takes (default: 5)")
    length.add_argument(
        "--hours", type=float, metavar="N",
        help="so many hours of an incident a minute, compressed into as many minutes")
    parser.add_argument(
        "--seed", type=int, metavar="S", help="the same seed and length give the same script")
    parser.add_argument("--members", type=int, default=5, metavar="N", help="of the ring (default: 5)")
    parser.add_argument(
        "--programs", type=pathlib.Path, metavar="DIR", default=ROOT / ".build" / "debug",
        help="where the three programs are (default: .build/debug)")
    parser.add_argument(
        "--exporter", type=pathlib.Path, metavar="PATH", help="another exporter than the one there")
    parser.add_argument(
        "--spoil", default="nothing", choices=("nothing", "lost", "doubled", "repeated", "false"),
        help="falsify one event before the verdict, which has to notice it (to test the soak itself)")
    parser.add_argument("--keep", action="store_true", help="keep logs and state, and say where")
    options = parser.parse_args()
    options.seconds = 60 * (options.minutes or options.hours or 5)
    if not 20 <= options.seconds <= 7 * 86400:
        parser.error("it takes 20 seconds at least and a week at most")
    if not 2 <= options.members <= 20:
        parser.error("--members has to be from 2 to 20")
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1_000_000)
    options.exporter = options.exporter or options.programs / "dovecot-director-exporter"
    for program in (options.exporter, options.programs / "director-simulator",
                    options.programs / "directorctl"):
        if not os.access(program, os.X_OK):
            parser.error(f"{program} is no program: build first, or give --programs")
    if os.geteuid() != 0:
        parser.error("only root can give the exporters a journal and disks of their own")
    return options


def enter_namespace():
    """Goes on in a mount namespace with empty places for a journal."""
    script = (
        "for d in /run/systemd /run/log /run/dde-journald; do "
        "mkdir -p $d && mount -t tmpfs none $d || exit 2; done; exec \"$@\"")
    os.environ[NAMESPACE] = "1"
    os.execvp("unshare", [
        "unshare", "-m", "sh", "-c", script, "soak", sys.executable, *sys.argv])


class Run:
    """One run, from its actors to its verdict."""

    def __init__(self, options, directory, stack):
        self.options, self.directory = options, directory
        self.checks = Checks()
        self.members = range(1, options.members + 1)
        self.journal = Journal()
        stack.callback(self.journal.end)
        self.ring = Ring(
            options.programs, str(directory / "ring"), options.members, 6, options.seed)
        stack.callback(self.ring.end)
        self.exporters = {
            m: Exporter(options.exporter, self.ring, m, directory) for m in self.members}
        stack.callback(self.end_exporters)
        self.watchers = {m: Watcher(self.ring.socket(m)) for m in self.members}
        self.plan = Plan(
            options.seed, options.seconds, options.members,
            [f"198.51.100.{n}" for n in range(1, 7)])
        self.health = {m: Health() for m in self.members}
        self.troubles = {m: [] for m in self.members}  # [from, to] of each director
        self.faults = {m: [] for m in self.members}  # [from, to] of each spoiled socket
        self.garbled = {m: [] for m in self.members}  # the same, where what it says is garbage
        self.good_polls = {m: [] for m in self.members}  # (time, view, whether nothing changed around it)
        self.outages_seen = {m: [] for m in self.members}  # times of pages with up 0
        self.disks_full = {m: [] for m in self.members}
        self.changes = []  # (from, to, member, command) of those that were taken
        self.attempts = []  # (from, to, backend) of all
        self.did = collections.Counter()
        self.taken = 0  # steps of the script
        self.scraped = queue.Queue()
        self.workers = concurrent.futures.ThreadPoolExecutor(16)
        self.over = False
        self.base = {}

    # ---------------------------------------------------------------- begin and end

    def end_exporters(self):
        self.over = True
        for exporter in self.exporters.values():
            exporter.end(signal.SIGKILL)
            subprocess.run(["umount", "-l", exporter.state], capture_output=True)

    def begin(self):
        for watcher in self.watchers.values():
            watcher.start()
        for exporter in self.exporters.values():
            exporter.start()
        for member in self.members:
            if not self.becomes(lambda m=member: self.is_good(m), 30):
                raise Trouble(f"the exporter of member {member} has no good poll at the begin:\n"
                              + "\n".join(self.exporters[member].log()))
        self.own = {m: self.watchers[m].segments[-1].view.own for m in self.members}
        self.baselines = {m: self.watchers[m].segments[-1].view for m in self.members}
        # Everything has been used once before the first footprint is taken.
        clients = [Clients(e.port, "hasty", 2) for e in self.exporters.values()]
        for client in clients:
            client.join()
        self.began = time.time()
        threading.Thread(target=self.scrape, daemon=True).start()
        threading.Thread(target=self.judge, daemon=True).start()

    def is_good(self, member):
        page = self.exporters[member].page()
        return page is not None and page.get(PREFIX + "up") == 1 \
            and page.get(PREFIX + "exporter_events_pending") == 0

    @staticmethod
    def becomes(condition, seconds):
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True

    # ---------------------------------------------------------------- the script

    def play(self):
        start = said = time.monotonic()
        calmed = 0.0  # seconds that the script's clock stood still
        for step in self.plan.steps:
            is_last = step is self.plan.steps[-1]
            # A calm lasts as long as the ring takes to heal, so not all of the script has its turn.
            if time.monotonic() - start > self.options.seconds and not is_last:
                continue
            while not is_last and (left := start + calmed + step.at - time.monotonic()) > 0:
                time.sleep(min(left, 0.5))
                if time.monotonic() - said > 10:
                    said = time.monotonic()
                    self.say(said - start)
            before = time.monotonic()
            self.take(step)
            if step.verb == "calm":
                calmed += time.monotonic() - before
        self.workers.shutdown()

    def say(self, elapsed):
        print(f"{elapsed:6.0f} s  {self.taken} steps, "
              f"{sum(map(len, self.good_polls.values()))} pages compared, "
              f"{sum(len(w.segments) for w in self.watchers.values())} views seen, "
              f"{self.checks.failures} wrong", flush=True)
        for text in self.checks.take_fresh()[:3]:
            print(f"          wrong: {text}", flush=True)

    def take(self, step):
        verb, values = step.verb, step.arguments
        self.did[verb] += 1
        self.taken += 1
        if verb == "calm":
            self.calm()
        elif verb == "backend":
            self.workers.submit(self.change, *values)
        elif verb == "ctl":
            order, member = values
            self.did[order.split()[0]] += 1
            affected = [member] if member else []
            for each in affected:
                self.troubles[each].append([time.time(), time.time() + 4])
            if order.startswith(("crash", "hang")):
                self.troubles[member][-1][1] = float("inf")
            elif order.startswith(("start", "resume")):
                for trouble in self.troubles[member]:
                    trouble[1] = min(trouble[1], time.time() + 2)
            self.order(order)
        elif verb == "fault":
            order, member, span = values
            self.troubles[member].append([time.time(), time.time() + span + 1])
            self.faults[member].append([time.time(), time.time() + span + AFTERMATH])
            if order.startswith("fault garbage"):
                self.garbled[member].append(self.faults[member][-1])
            number = self.order(order)
            timer = threading.Timer(span, self.clear, [number])
            timer.daemon = True
            timer.start()
        elif verb in ("kill", "terminate", "start", "pause", "resume"):
            self.workers.submit(self.exporter_step, verb, self.exporters[values[0]])
        elif verb == "journal":
            if values[0] == "mend":
                self.journal.mend()
            else:
                self.journal.hurt(values[0])
        elif verb == "fill disk":
            self.disks_full[values[0]].append([time.time(), None])
            self.exporters[values[0]].fill_disk()
        elif verb == "free disk":
            self.free_disk(values[0])
        elif verb == "clients":
            member, kind, span = values
            Clients(self.exporters[member].port, kind, span)

    def order(self, text):
        return self.ring.order(text).strip()

    def clear(self, number):
        with contextlib.suppress(Exception):
            self.ring.order(f"clear {number}")

    def change(self, member, command):
        before, is_taken = time.time(), False
        with contextlib.suppress(Exception):
            is_taken = self.ring.change(member, command)
        after = time.time()
        if is_taken:
            self.changes.append((before, after, member, command))
        # A director that waits for its ring may carry out later what nobody waits for any more.
        self.attempts.append((before, after if is_taken else after + 60, command[1]))

    def exporter_step(self, verb, exporter):
        if verb == "kill":
            exporter.end(signal.SIGKILL)
        elif verb == "terminate":
            code = exporter.end(signal.SIGTERM)
            self.checks.check("a clean stop exits with 0", code == 0, f"{code}")
        else:
            getattr(exporter, verb)()

    def free_disk(self, member):
        self.exporters[member].free_disk()
        for span in self.disks_full[member]:
            span[1] = span[1] or time.time()

    def calm(self):
        """Mends everything, and looks at what has to be the same each time then."""
        self.order("clear")
        self.order("heal")
        for member in self.members:
            self.order(f"resume {member}")
            self.order(f"start {member}")
            self.free_disk(member)
            for trouble in self.troubles[member]:
                trouble[1] = min(trouble[1], time.time() + 2)
        if self.journal.trouble:
            self.journal.mend()
        for exporter in self.exporters.values():
            exporter.resume()
            exporter.start()
        whole = self.ring.is_whole(150)
        self.checks.check("the simulated ring heals", whole)
        for member, exporter in self.exporters.items():
            ok = self.becomes(lambda m=member: self.is_good(m), 30)
            self.checks.check(
                "recovery without help", ok,
                lambda m=member: f"member {m}: " + str({
                    k: v for k, v in (self.exporters[m].page() or {}).items()
                    if k in (PREFIX + "up", PREFIX + "exporter_events_pending")}))
            if not exporter.is_alive or exporter.has_crashed():
                continue
            pid = exporter.process.pid
            wanted = self.base.setdefault(member, None)
            ok = self.becomes(lambda m=member: self.ring.connections(m) == 2, 20)
            self.checks.check(
                "one connection at the director", ok,
                lambda m=member: f"member {m}: {self.ring.connections(m) - 1}")
            if wanted is None:
                wanted = self.base[member] = self.fewest_descriptors(pid)
            ok = self.becomes(lambda: descriptors(pid) <= wanted, 15)
            self.checks.check(
                "descriptors are given back", ok,
                lambda m=member: f"member {m}: {descriptors(pid)}, {wanted} before")
            self.health[member].note_calm(time.time() - self.began, pid)

    @staticmethod
    def fewest_descriptors(pid):
        fewest = descriptors(pid)
        for _ in range(20):
            time.sleep(0.05)
            fewest = min(fewest, descriptors(pid))
        return fewest + 1  # a scrape may be under way

    # ---------------------------------------------------------------- looking on

    def scrape(self):
        """Fetches every page about once a second, and weighs every process."""
        while not self.over:
            for member, exporter in self.exporters.items():
                process = exporter.process
                if process is None or exporter.is_paused:
                    continue
                with contextlib.suppress(OSError, TypeError):
                    self.health[member].note(process.pid)
                before = time.time()
                page = exporter.page()
                self.scraped.put((before, time.time(), member, page))
            for member, exporter in self.exporters.items():
                if exporter.has_crashed():
                    self.checks.check(
                        "no exporter ends by itself", False,
                        f"member {member} at {time.time() - self.began:.1f} s: {exporter.log()[-1:]}")
                    exporter.forget()
            time.sleep(0.25)

    def judge(self):
        while not self.over or not self.scraped.empty():
            try:
                before, after, member, page = self.scraped.get(timeout=0.5)
            except queue.Empty:
                continue
            time.sleep(max(0, after + SETTLE - time.time()))
            try:
                self.judge_page(before, after, member, page)
            except Exception as error:  # the verdict has to say so, whatever it is
                self.checks.check("pages can be judged", False, f"{type(error).__name__}: {error}")

    def lived(self, member, start, end):
        """Whether the exporter ran all that time, and wasn't paused."""
        exporter = self.exporters[member]
        return any(a <= start and (b is None or b >= end) for a, b in exporter.lives) and \
            not any(a <= end and (b is None or b >= start) for a, b in exporter.pauses)

    def troubled(self, member, start, end):
        """Whether the script or what was heard explains that the director couldn't be asked."""
        return any(a <= end and b >= start for a, b in self.troubles[member]) or \
            not self.watchers[member].always_answered(start, end)

    def judge_page(self, before, after, member, page):
        if not self.lived(member, before - 2, after):
            return
        if not self.checks.check(
                "HTTP answers", page is not None,
                f"member {member} at {before - self.began:.1f} s: "
                f"{self.exporters[member].last_error} after {after - before:.1f} s"):
            return
        watcher = self.watchers[member]
        if page[PREFIX + "up"] == 0:
            extra = list(surplus(page))
            self.checks.check(
                "nothing is told of a director that doesn't answer", not extra,
                f"member {member}: {extra[:3]}")
            if self.lived(member, before - AFTERMATH, after):
                self.checks.check(
                    "up is 0 for a reason only", self.troubled(member, before - AFTERMATH, after),
                    f"member {member} at {before - self.began:.1f} s")
                self.outages_seen[member].append(before)
            return
        moment = page[PREFIX + "last_successful_poll_timestamp_seconds"]
        if self.lived(member, before - AFTERMATH, after):
            self.checks.check(
                "metrics are fresh", moment > before - TIMEOUT - 2,
                f"member {member} at {before - self.began:.1f} s: {before - moment:.1f} s old")
        # A fault can meet the soak's connection and leave the exporter's alone.
        if not any(a <= moment <= b for a, b in self.faults[member]):
            self.checks.check(
                "up is 1 for a reason only", not watcher.was_away(moment - 0.3, moment + 0.3),
                f"member {member} at {before - self.began:.1f} s")
        view = watcher.at(moment, 0.3)
        if view is None:
            return
        is_quiet = not any(w.changed(moment - 2, moment + 1) for w in self.watchers.values())
        differences = page_differences(
            page, view, is_quiet, lambda key: watcher.user_range(key, moment - 1.1, moment + 1.1))
        # Garbage in front of a row makes one that can't be read, and is left out.
        if differences and any(a <= moment <= b for a, b in self.garbled[member]) \
                and page[PREFIX + 'rejected_rows_total{list="hosts"}'] > 0:
            return
        self.checks.check(
            "metrics are true", not differences,
            f"member {member} at {moment - self.began:.1f} s: {'; '.join(differences[:3])}")
        self.good_polls[member].append((moment, view, is_quiet))

    # ---------------------------------------------------------------- the verdict

    def conclude(self):
        self.say(time.time() - self.began)
        self.becomes(self.scraped.empty, 30)
        time.sleep(SETTLE)
        self.over = True
        entries = self.spoiled(self.journal.entries())
        for member in self.members:
            ledger = Ledger(entries, self.own[member])
            self.check_ledger(member, ledger)
            self.check_log(member)
        self.check_leaks()

    def spoiled(self, entries):
        """The journal as it would be had something gone wrong, where that is asked for."""
        spot = len(entries) // 2
        changes = [i for i, e in enumerate(entries) if e["DIRECTOR_EVENT"].startswith("backend_")]
        if self.options.spoil != "nothing" and not changes:
            raise Trouble("there is no event to spoil: let the soak take longer")
        if changes:
            spot = changes[len(changes) // 2]
        if self.options.spoil == "lost":
            return entries[:spot] + entries[spot + 1:]
        if self.options.spoil == "doubled":
            return [*entries, {**entries[spot], "DIRECTOR_EVENT_ID": "f" * 32}]
        if self.options.spoil == "repeated":
            return [*entries, entries[spot]]
        if self.options.spoil == "false":
            return [*entries[:spot], {**entries[spot], "DIRECTOR_BACKEND": "203.0.113.9"},
                    *entries[spot + 1:]]
        return entries

    def check_ledger(self, member, ledger):
        checks, exporter = self.checks, self.exporters[member]

        def tell(what):
            return f"member {member}: {what}"

        checks.check("no event twice", not ledger.doubled, lambda: tell(
            "; ".join(map(str, ledger.doubled[:3]))))
        events = list(ledger.events)
        first = events.pop(0) if events else None
        checks.check(
            "the baseline is told once", first is not None and first.kind == "director_reachable",
            tell(first))
        replay = Replay(self.baselines[member], events)
        for moment, view, is_quiet in sorted(self.good_polls[member], key=lambda poll: poll[0]):
            replay.advance(moment)
            differences = replay.differences(view, is_quiet)
            checks.check(
                "events add up to the truth", not differences,
                tell(f"at {moment - self.began:.1f} s: {'; '.join(differences[:3])}"))
        replay.advance(float("inf"))
        for event in events:
            checks.check("each event follows from the last", True)
        for text in replay.broken:
            checks.check("each event follows from the last", False, tell(text))
        for event in events:
            if event.kind == "director_unreachable":
                checks.check(
                    "outages are told for a reason only",
                    self.troubled(member, event.at - AFTERMATH, event.at + 0.5),
                    tell(f"at {event.at - self.began:.1f} s"))
        self.check_outages(member, events)
        self.check_changes(member, events)
        self.check_restarts(member, events)
        if exporter.is_alive and len(exporter.lives) == 1:
            page = exporter.page() or {}
            counted = sum(family(page, "events_total", "event").values())
            checks.check(
                "every counted event is in the journal", counted == len(ledger.events),
                tell(f"{counted:.0f} counted, {len(ledger.events)} there"))

    def check_outages(self, member, events):
        """While a page says that the director doesn't answer, the journal says so too."""
        turns = [e for e in events if e.kind in ("director_unreachable", "director_reachable")]
        for moment in self.outages_seen[member]:
            last = [e for e in turns if e.at <= moment]
            self.checks.check(
                "an outage is told", bool(last) and last[-1].kind == "director_unreachable",
                f"member {member} at {moment - self.began:.1f} s")

    def check_changes(self, member, events):
        """Exactly one event for each change of the script, between good polls before and after it."""
        polls = sorted((moment, view) for moment, view, _ in self.good_polls[member])
        for start, end, _, command in self.changes:
            before = [poll for poll in polls if start - 4 < poll[0] < start]
            after = [poll for poll in polls if end + 0.3 < poll[0] < end + 4]
            same = [to for at, to, backend in self.attempts
                    if backend == command[1] and to > start - 5 and at < end + 5]
            if not before or not after or len(same) > 1:
                continue
            (first, old), (last, new) = before[-1], after[0]
            key = (command[1], "")
            # What this director came to know between both, which may be more than the command:
            # while it was cut off, an earlier one was news to it too.
            for kind in self.kinds(dict(old.backends).get(key), dict(new.backends).get(key)):
                found = [e for e in events if e.backend == key and e.kind == kind
                         and first + TOLERANCE < e.at <= last + TOLERANCE]
                self.checks.check(
                    "one event for each change of the script", len(found) == 1,
                    f"member {member}: {kind} by {' '.join(command)} at {start - self.began:.1f} s: "
                    f"{len(found)}")

    @staticmethod
    def kinds(old, new):
        """The kinds of events that lead from one state of a backend to another."""
        if old is None or new is None:
            return [] if old == new else ["backend_added" if old is None else "backend_removed"]
        return [kind for kind, differs in (
            (f"backend_{new[0]}", old[0] != new[0]),
            ("backend_vhosts_changed", old[1] != new[1])) if differs]

    def check_restarts(self, member, events):
        """A director that was started anew is told as restarted, and no other is."""
        for event in events:
            if event.kind == "director_restarted":
                self.checks.check(
                    "restarts are told for a reason only",
                    self.troubled(member, event.at - AFTERMATH, event.at + 0.5)
                    or not self.lived(member, event.at - 1, event.at),
                    f"member {member} at {event.at - self.began:.1f} s")

    def check_log(self, member):
        lines = self.exporters[member].log()
        exporter = self.exporters[member]
        most = 20 + 5 * len(exporter.lives) + 4 * len(self.troubles[member]) \
            + 4 * len(self.disks_full[member])
        # Events that the journal doesn't take are shown, once each.
        own = [line for line in lines if " event=" not in line]
        most += 4 * self.did["journal"]
        self.checks.check(
            "no flood in the log", len(own) <= most, f"member {member}: {len(own)} lines, {most} expected at most")
        crashed = [line for line in lines if line.startswith(("Fatal error", "*** ", "Thread 0"))]
        self.checks.check("no trap", not crashed, f"member {member}: {crashed[:1]}")

    def check_leaks(self):
        for member, health in self.health.items():
            self.checks.check(
                "memory is bounded", health.most <= Health.MOST, f"member {member}: {health.most} KiB")
        elder = self.health[ELDER]
        self.checks.check(
            "no memory leaks", elder.growth() <= Health.SURPLUS,
            f"member {ELDER}: {elder.growth()} KiB more, from {elder.calm}")
        self.checks.check(
            "no descriptors leak", elder.descriptor_growth() <= 1,
            f"member {ELDER}: {elder.descriptor_growth()} more")

    def summary(self):
        elder = self.health[ELDER]
        slope = elder.slope()
        sizes = [size for _, size, _ in elder.calm]
        did = ", ".join(f"{count} {verb}" for verb, count in sorted(self.did.items()))
        return "\n".join((
            f"done: {did}",
            f"memory of the exporter that lived all the time: {sizes[0]} KiB at the first calm, "
            f"{sizes[-1]} at the last, {elder.most} at most"
            + (f", {slope:+.0f} a minute" if slope is not None else ""),
            f"lives of all exporters: {sum(len(e.lives) for e in self.exporters.values())}; "
            f"answers heard by the soak: {sum(w.samples for w in self.watchers.values())}",
        ))


def interrupted(*_):
    raise KeyboardInterrupt


def main():
    options = arguments()
    if NAMESPACE not in os.environ:
        sys.argv += [] if "--seed" in " ".join(sys.argv) else ["--seed", str(options.seed)]
        enter_namespace()
    signal.signal(signal.SIGINT, interrupted)  # ignored from the start in the background
    signal.signal(signal.SIGTERM, interrupted)
    signal.signal(signal.SIGHUP, interrupted)
    directory = pathlib.Path(tempfile.mkdtemp(prefix="dde-chaos-"))
    print(f"soak: {options.seconds:.0f} s, {options.members} members, --seed {options.seed}", flush=True)
    run = None
    try:
        with contextlib.ExitStack() as stack:
            run = Run(options, directory, stack)
            run.begin()
            run.play()
            run.conclude()
    except KeyboardInterrupt:
        print("interrupted: everything was stopped and removed", file=sys.stderr)
        return 130
    except Trouble as trouble:
        print(f"soak: {trouble}", file=sys.stderr)
        return 2
    finally:
        if options.keep:
            print(f"logs and states are in {directory}", file=sys.stderr)
        else:
            shutil.rmtree(directory, ignore_errors=True)
    print(run.checks.table())
    print(run.summary())
    failures = run.checks.failures
    if failures:
        print(f"FAILED: {failures} wrong. Again: scripts/soak --minutes {options.seconds / 60:g} "
              f"--members {options.members} --seed {options.seed}")
        return 1
    print("PASSED")
    return 0
