"""What will happen and when, by a seed: the same seed and length give the same plan."""

import collections
import random

Step = collections.namedtuple("Step", "at verb arguments")

FAULTS = (
    "silence", "close", "reset", "drip rate=20", "delay time=20s", "delay time=300ms",
    "garbage bytes=3000", "endless-line", "endless-list",
)
PLACES = (
    "greeting", "handshake", "HOST-LIST", "HOST-LIST after=33", "HOST-LIST rows=2", "DIRECTOR-LIST",
    "DIRECTOR-LIST after=17", "DIRECTOR-LIST rows=1",
)
CALM_EVERY = 45
# A ring takes up to a minute to heal what has broken its links, and a short soak hasn't got that.
SHORT = 180
# The first exporter lives from begin to end: what leaks, leaks there.
ELDER = 1


class Plan:
    """The steps, and a model of what they leave behind, so that each is possible when it comes."""

    def __init__(self, seed, seconds, members, backends):
        self.random = random.Random(seed)
        self.seconds = seconds
        self.members = list(range(1, members + 1))
        self.backends = {ip: 100 for ip in backends}  # vhosts by address; those that are there
        self.down = set()
        self.spare = [f"198.51.100.{200 + n}" for n in range(10)]
        self.steps = []
        self.busy = collections.defaultdict(float)  # what is in trouble, and until when
        self.is_short = seconds < SHORT
        self.make()

    def add(self, at, verb, *arguments):
        self.steps.append(Step(at, verb, arguments))

    def make(self):
        choices = [
            (30, self.backend), (5, self.crash), (4, self.restart), (4, self.hang), (4, self.split),
            (12, self.fault), (8, self.kill), (3, self.stop_cleanly), (6, self.pause),
            (6, self.journal), (3, self.disk), (8, self.clients),
        ]
        weights, makers = zip(*choices)
        at, calm = 0.0, CALM_EVERY
        while at < self.seconds:
            self.random.choices(makers, weights)[0](at)
            at += self.random.uniform(0.2, 1.0)
            if at >= calm and at + 10 < self.seconds:
                self.calm(at)
                calm += CALM_EVERY
        self.calm(self.seconds)
        self.steps.sort(key=lambda step: step.at)

    def calm(self, at):
        """Everything is mended, so that what would have ended later has ended."""
        self.steps = [step for step in self.steps if step.at <= at]
        self.add(at, "calm")
        self.busy.clear()

    def free(self, *names, at, span):
        """Takes what is free at that time, for so long; False where something isn't."""
        if any(self.busy[name] > at for name in names):
            return False
        for name in names:
            self.busy[name] = at + span + 1
        return True

    def member(self):
        return self.random.choice(self.members)

    def backend(self, at):
        up = sorted(set(self.backends) - self.down)
        kind = self.random.choice(("down", "up", "vhosts", "vhosts", "add", "remove"))
        if kind == "down" and len(up) > 2:
            ip = self.random.choice(up)
            command = ["down", ip]
            taken = self.free(ip, at=at, span=1)
            if taken:
                self.down.add(ip)
        elif kind == "up" and self.down:
            ip = self.random.choice(sorted(self.down))
            command = ["up", ip]
            taken = self.free(ip, at=at, span=1)
            if taken:
                self.down.discard(ip)
        elif kind == "add" and len(self.backends) < 14:
            ip = self.random.choice([ip for ip in self.spare if ip not in self.backends])
            command = ["add", ip, "50"]
            taken = self.free(ip, at=at, span=1)
            if taken:
                self.backends[ip] = 50
        elif kind == "remove" and any(ip in self.backends for ip in self.spare):
            ip = self.random.choice([ip for ip in self.spare if ip in self.backends])
            command = ["remove", ip]
            taken = self.free(ip, at=at, span=1)
            if taken:
                del self.backends[ip]
                self.down.discard(ip)
        else:
            ip = self.random.choice(sorted(self.backends))
            vhosts = self.random.choice([v for v in range(0, 300, 10) if v != self.backends[ip]])
            command = ["update", ip, str(vhosts)]
            taken = self.free(ip, at=at, span=1)
            if taken:
                self.backends[ip] = vhosts
        if taken:
            well = [m for m in self.members if self.busy[f"member {m}"] <= at]
            self.add(at, "backend", self.random.choice(well or self.members), command)

    def crash(self, at):
        member, span = self.member(), self.random.uniform(1, 8)
        if self.free(f"member {member}", "ring", at=at, span=span):
            self.add(at, "ctl", f"crash {member}", member)
            self.add(at + span, "ctl", f"start {member}", member)

    def restart(self, at):
        member = self.member()
        if self.free(f"member {member}", "ring", at=at, span=3):
            self.add(at, "ctl", f"restart {member} {self.random.choice(('0s', '300ms', '2s'))}", member)

    def hang(self, at):
        member, span = self.member(), self.random.uniform(1, 6 if self.is_short else 15)
        if self.free(f"member {member}", "ring", at=at, span=span):
            self.add(at, "ctl", f"hang {member}", member)
            self.add(at + span, "ctl", f"resume {member}", member)

    def split(self, at):
        span = self.random.uniform(2, 8 if self.is_short else 40)
        if len(self.members) > 2 and self.free("ring", at=at, span=span):
            cut = self.random.randint(1, len(self.members) - 1)
            mixed = self.random.sample(self.members, len(self.members))
            halves = [",".join(map(str, sorted(half))) for half in (mixed[:cut], mixed[cut:])]
            verb = self.random.choice(("split {} | {}", "cut-one-way {} {}", "reset {} {}"))
            if self.is_short:
                verb = "split {} | {}"
            self.add(at, "ctl", verb.format(*halves), None)
            self.add(at + span, "ctl", "heal", None)

    def fault(self, at):
        member, span = self.member(), self.random.uniform(0.5, 7)
        if not self.free(f"member {member}", at=at, span=span):
            return
        kind, place = self.random.choice(FAULTS), self.random.choice(PLACES)
        order = f"fault {kind} at={place} member={member}"
        if kind.startswith("endless"):
            # Whoever makes rows without end has no time for the others.
            span = min(span, 1.5)
            order += f" count={self.random.randint(1, 3)}"
        elif self.random.random() < 0.3:
            order += f" count={self.random.randint(1, 4)}"
        self.add(at, "fault", order, member, span)
        if place in ("greeting", "handshake"):
            self.add(at, "fault", f"fault close at=HOST-LIST count=2 member={member}", member, span)

    def exporter(self, at, span):
        others = [m for m in self.members if m != ELDER]
        member = self.random.choice(others or self.members)
        return member if others and self.free(f"exporter {member}", at=at, span=span) else None

    def kill(self, at):
        span = self.random.choice((0.0, 0.3, 2.0, self.random.uniform(1, 8)))
        member = self.exporter(at, span)
        if member:
            self.add(at, "kill", member)
            self.add(at + span, "start", member)

    def stop_cleanly(self, at):
        span = self.random.uniform(0.2, 5)
        member = self.exporter(at, span + 2)
        if member:
            self.add(at, "terminate", member)
            self.add(at + span, "start", member)

    def pause(self, at):
        member, span = self.member(), self.random.uniform(0.2, 6)
        if self.free(f"exporter {member}", at=at, span=span):
            self.add(at, "pause", member)
            self.add(at + span, "resume", member)

    def journal(self, at):
        span = self.random.uniform(1, 10)
        if self.free("journal", at=at, span=span + 3):
            kind = self.random.choice(("stop", "stand still", "vanish"))
            self.add(at, "journal", kind)
            self.add(at + span, "journal", "mend")

    def disk(self, at):
        member, span = self.member(), self.random.uniform(1, 6)
        if self.free(f"exporter {member}", at=at, span=span + 2):
            self.add(at, "fill disk", member)
            self.add(at + span, "free disk", member)

    def clients(self, at):
        member, span = self.member(), self.random.uniform(1, 6)
        kind = self.random.choice(("half-open", "slow", "stuck", "hasty"))
        if self.free(f"clients {member}", at=at, span=span):
            self.add(at, "clients", member, kind, span)
