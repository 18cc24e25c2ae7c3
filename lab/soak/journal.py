"""What the journal says that happened, added up again to what is the case."""

import dataclasses

TOLERANCE = 2e-6  # DIRECTOR_OBSERVED_AT has six digits


@dataclasses.dataclass
class Event:
    kind: str
    id: str
    at: float
    process: str
    member: str
    side: str
    backend: tuple
    old: str
    new: str

    @classmethod
    def of(cls, entry):
        backend = None
        if "DIRECTOR_BACKEND" in entry:
            backend = (entry["DIRECTOR_BACKEND"], entry["DIRECTOR_TAG"] or "")
        return cls(
            entry["DIRECTOR_EVENT"], entry["DIRECTOR_EVENT_ID"], float(entry["DIRECTOR_OBSERVED_AT"]),
            entry["_PID"], entry.get("DIRECTOR_MEMBER"), entry.get("DIRECTOR_SIDE"), backend,
            entry.get("DIRECTOR_OLD"), entry.get("DIRECTOR_NEW"))

    def __str__(self):
        what = " ".join(str(w) for w in (self.member, self.side, self.backend, self.old, self.new) if w)
        return f"{self.kind} {what} at {self.at:.3f}"


class Ledger:
    """The events of one director's exporter, each once, in the order of their times."""

    def __init__(self, entries, own):
        self.doubled, self.repeats = [], 0
        seen = {}
        for entry in entries:
            if entry["DIRECTOR_SELF"] != own:
                continue
            event = Event.of(entry)
            known = seen.setdefault(event.id, event)
            if known is event:
                continue
            # At least once: another process may repeat what it can't know to be delivered.
            if known.process == event.process or dataclasses.replace(event, process="") != \
                    dataclasses.replace(known, process=""):
                self.doubled.append(event)
            else:
                self.repeats += 1
        self.events = sorted(seen.values(), key=lambda event: event.at)

    def of_process(self, pid):
        return [event for event in self.events if event.process == str(pid)]


class Replay:
    """The state that a ledger's events lead to. Each event has to follow from the one before."""

    def __init__(self, view, events):
        """Begins with the view that was taken silently."""
        self.reachable = True
        self.members = set(view.members)
        self.links = {"left": view.left, "right": view.right}
        self.silent = {"left": False, "right": False}
        self.synced, self.isolated = view.synced, view.isolated
        self.backends = dict(view.backends)
        self.events, self.position = events, 0
        self.broken = []

    def advance(self, moment):
        """Applies what was observed up to then."""
        while self.position < len(self.events) and \
                self.events[self.position].at <= moment + TOLERANCE:
            event = self.events[self.position]
            if not self.apply(event):
                self.broken.append(f"{event}: does not follow from what was logged before")
            self.position += 1

    def apply(self, event):
        """False where it doesn't fit. It is taken as it is all the same."""
        kind, side = event.kind, event.side
        if kind in ("director_reachable", "director_unreachable"):
            fits = self.reachable == (kind == "director_unreachable")
            self.reachable = kind == "director_reachable"
        elif kind in ("member_added", "member_removed"):
            fits = (event.member in self.members) == (kind == "member_removed")
            (self.members.add if kind == "member_added" else self.members.discard)(event.member)
        elif kind == "link_down":
            fits = self.links[side] == event.member == event.old
            self.links[side], self.silent[side] = None, False
        elif kind == "link_up":
            fits = self.links[side] is None and event.member == event.new
            self.links[side], self.silent[side] = event.member, False
        elif kind == "link_reset":
            fits = self.links[side] == event.member
        elif kind in ("link_silent", "link_resumed"):
            fits = self.links[side] == event.member and self.silent[side] == (kind == "link_resumed")
            self.silent[side] = kind == "link_silent"
        elif kind in ("ring_synced", "ring_unsynced"):
            fits = self.synced == (kind == "ring_unsynced")
            self.synced = kind == "ring_synced"
        elif kind in ("ring_isolated", "ring_rejoined"):
            fits = self.isolated == (kind == "ring_rejoined")
            self.isolated = kind == "ring_isolated"
        elif kind == "backend_added":
            fits = event.backend not in self.backends
            # How many vhosts it has is not told: the next difference will be from what there is.
            self.backends[event.backend] = (event.new, None)
        elif kind == "backend_removed":
            fits = self.backends.pop(event.backend, (None,))[0] == event.old
        elif kind in ("backend_up", "backend_down"):
            state, vhosts = self.backends.get(event.backend, (None, None))
            fits = state == event.old and event.new == kind.removeprefix("backend_")
            self.backends[event.backend] = (event.new, vhosts)
        elif kind == "backend_vhosts_changed":
            state, vhosts = self.backends.get(event.backend, (None, None))
            fits = state is not None and vhosts in (None, int(event.old))
            self.backends[event.backend] = (state, int(event.new))
        elif kind == "director_restarted":
            fits = True
        else:
            fits = False
        return fits

    def differences(self, view, is_quiet):
        """What is otherwise than in a view that was there at that time; links and sync where nothing
        changed around it, since between two answers they can come and go."""
        found = []
        if not self.reachable:
            found.append("reachable")
        if self.members != set(view.members):
            found.append(f"members {sorted(self.members ^ set(view.members))}")
        for side, member in (("left", view.left), ("right", view.right)):
            if is_quiet and self.links[side] != member:
                found.append(f"{side} {self.links[side]} and not {member}")
        if is_quiet and self.isolated != view.isolated:
            found.append(f"isolated {self.isolated}")
        if is_quiet and self.synced != view.synced:
            found.append(f"synced {self.synced}")
        backends = dict(view.backends)
        for key in backends.keys() | self.backends.keys():
            logged, real = self.backends.get(key), backends.get(key)
            if logged is None or real is None or logged[0] != real[0] or \
                    logged[1] not in (None, real[1]):
                found.append(f"backend {key[0]} {logged} and not {real}")
        return found
