"""What the directors really say: a dialogue of the soak's own with each admin socket, again and
again, kept as a history of views. Nothing here is shared with the exporter."""

import collections
import ipaddress
import select
import socket
import threading
import time

GREETING = b"VERSION\tdirector-doveadm\t1\t0\n"
INTERVAL = 0.04
PATIENCE = 2  # seconds for an answer, as the exporters have
SLOW = 0.7  # seconds; an exporter may have given up where the soak hasn't
UNSEEN = 0.15  # seconds between two answers in which something may have come and gone

View = collections.namedtuple("View", "own members synced left right isolated backends")


def member_key(name):
    address, port = name.rsplit(":", 1)
    address = ipaddress.ip_address(address.strip("[]"))
    return address.version, address.packed, int(port)


def parse(text):
    """Both lists as a View, and each backend's users apart, since those change all the time."""
    hosts, directors, rest = text.split("\n\n")
    assert rest == ""
    backends, users = {}, {}
    for row in hosts.split("\n"):
        if not row:
            continue
        ip, vhosts, count, tag, state, _ = row.split("\t")
        key = (ip, tag)
        assert key not in backends, "the soak has no backend twice"
        backends[key] = ("down" if state.startswith("D") else "up", int(vhosts))
        users[key] = int(count)
    own = synced = left = right = None
    members = set()
    for row in directors.split("\n"):
        if not row:
            continue
        fields = row.split("\t")
        name, kind, status = f"{fields[0]}:{fields[1]}", fields[2], fields[4]
        if kind == "removed":
            members.discard(name)
            continue
        members.add(name)
        if kind == "self":
            own, synced = name, status == "ring synced"
        elif kind == "left":
            left = name
        elif kind == "right":
            right = name
    isolated = len(members) > 1 and left is None and right is None
    view = View(
        own, tuple(sorted(members, key=member_key)), synced, left, right, isolated,
        tuple(sorted(backends.items())))
    return view, users


class Dialogue:
    """One connection to an admin socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.deadline = time.monotonic() + PATIENCE
        try:
            self.socket.connect(path)
            if self.read_until(lambda data: data.endswith(b"\n")) != GREETING:
                raise OSError("no greeting")
            self.socket.sendall(GREETING)
        except BaseException:
            self.socket.close()
            raise

    def read_until(self, is_enough):
        data = b""
        while not is_enough(data):
            if time.monotonic() > self.deadline:
                raise OSError("late")
            more = self.socket.recv(65536)
            if not more:
                raise OSError("ended")
            data += more
            if len(data) > 1 << 20:
                raise OSError("too much")
        return data

    def ask(self):
        self.deadline = time.monotonic() + PATIENCE
        if select.select([self.socket], [], [], 0)[0]:
            raise OSError("ended or unasked")
        self.socket.sendall(b"HOST-LIST\nDIRECTOR-LIST\n")
        data = self.read_until(lambda data: data.count(b"\n\n") >= 2)
        return parse(data.decode())

    def close(self):
        self.socket.close()


class Segment:
    """The same view, from when it was first seen to when it was last seen; None for no answer."""

    __slots__ = ("view", "first", "last")

    def __init__(self, view, first, last):
        self.view, self.first, self.last = view, first, last


class Watcher(threading.Thread):
    """The history of one director."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path = path
        self.lock = threading.Lock()
        self.segments = []
        self.users = collections.deque(maxlen=400)  # (before, after, users)
        self.slow = []  # [before, after] of answers that took long
        self.samples = 0
        self.over = False

    def run(self):
        dialogue = None
        while not self.over:
            before = time.time()
            try:
                if dialogue is None:
                    dialogue = Dialogue(self.path)
                view, users = dialogue.ask()
            except (OSError, ValueError, AssertionError):
                if dialogue:
                    dialogue.close()
                dialogue, view, users = None, None, None
            self.note(view, users, before, time.time())
            time.sleep(INTERVAL)
        if dialogue:
            dialogue.close()

    def note(self, view, users, before, after):
        with self.lock:
            self.samples += 1
            if after - before > SLOW:
                self.slow.append((before, after))
            if users is not None:
                self.users.append((before, after, users))
            last = self.segments[-1] if self.segments else None
            if last and last.view == view and (view is None or before - last.last < UNSEEN):
                last.last = after
            else:
                # What is said was so when it was said: at some time before it was heard.
                self.segments.append(Segment(view, after, after))

    def at(self, moment, margin):
        """The view that was there for `margin` seconds before and after; None where it changed."""
        with self.lock:
            for segment in reversed(self.segments):
                if segment.first + margin <= moment:
                    is_whole = segment.last - margin >= moment
                    return segment.view if is_whole else None
        return None

    def was_away(self, start, end):
        """Whether nothing was answered in all that time."""
        with self.lock:
            return any(
                s.view is None and s.first <= start and s.last >= end for s in reversed(self.segments))

    def always_answered(self, start, end):
        """Whether every answer came, and soon."""
        with self.lock:
            if any(before <= end and after >= start for before, after in self.slow):
                return False
            for segment in reversed(self.segments):
                if segment.last < start:
                    return True
                if segment.view is None and segment.first <= end:
                    return False
        return False

    def changed(self, start, end):
        """Whether the view changed in that time, or may have."""
        with self.lock:
            for segment in reversed(self.segments):
                if start <= segment.first <= end:
                    return True
                if segment.first < start:
                    return segment.last < end
        return True

    def user_range(self, backend, start, end):
        with self.lock:
            counts = [u[backend] for before, after, u in self.users
                      if after >= start and before <= end and backend in u]
        return (min(counts), max(counts)) if counts else None
