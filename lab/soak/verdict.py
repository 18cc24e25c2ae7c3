"""Judging pages and journals by the truth."""

import collections
import threading

PREFIX = "dovecot_director_"
STAYING = ("up", "last_successful_poll_timestamp_seconds", "poll_failures_total",
           "rejected_rows_total", "events_total", "ring_expected_member")
BACKOFF = 4  # seconds between two tries, at most
TIMEOUT = 2


class Checks:
    """How often each thing was looked at, and what was wrong with it."""

    def __init__(self):
        self.lock = threading.Lock()
        self.counts = collections.Counter()
        self.wrong = collections.defaultdict(list)
        self.fresh = []

    def check(self, name, is_right, text=""):
        with self.lock:
            self.counts[name] += 1
            if not is_right:
                text = text() if callable(text) else text
                self.wrong[name].append(text)
                self.fresh.append(f"{name}: {text}")
        return is_right

    def take_fresh(self):
        """What was found to be wrong since this was asked last."""
        with self.lock:
            fresh, self.fresh = self.fresh, []
        return fresh

    @property
    def failures(self):
        return sum(map(len, self.wrong.values()))

    def table(self):
        width = max(map(len, self.counts), default=0)
        lines = [f"{'CHECK':{width}}  LOOKED AT  WRONG"]
        for name, count in self.counts.items():
            wrong = self.wrong.get(name, [])
            lines.append(f"{name:{width}}  {count:9}  {len(wrong) or '-':>5}")
            lines += [f"    {text}" for text in wrong[:5]]
            if len(wrong) > 5:
                lines.append(f"    and {len(wrong) - 5} more")
        return "\n".join(lines)


def labels(series):
    """The labels of a series; none of the soak's has a quote, a comma or an equal sign in it."""
    _, _, inside = series.partition("{")
    return dict(pair.split("=", 1) for pair in inside.rstrip("}").replace('"', "").split(",") if pair)


def family(page, name, *wanted):
    """The values of a family by the values of its labels."""
    found = {}
    for series, value in page.items():
        if series == PREFIX + name or series.startswith(PREFIX + name + "{"):
            given = labels(series)
            found[tuple(given[label] for label in wanted)] = value
    return found


def surplus(page):
    """Series that must not be there while the director doesn't answer."""
    for series in page:
        if series.startswith(PREFIX):
            name = series[len(PREFIX):].partition("{")[0]
            if name not in STAYING and not name.startswith("exporter_"):
                yield series


def page_differences(page, view, is_quiet, users):
    """What a page says otherwise than the view of the same moment.

    Links and sync are compared where nothing changed around it, since between two answers they can come
    and go. `users` gives the smallest and the largest number of a backend's users around that moment.
    """
    def differ(what, said, real):
        if said != real:
            found.append(f"{what}: {said} and not {real}")

    found = []
    differ("self", set(family(page, "self_info", "director")), {(view.own,)})
    members = {key[0] for key, value in family(page, "ring_member", "director").items() if value}
    differ("members", members, set(view.members))
    positions = family(page, "ring_member_position", "director")
    differ("order", sorted(positions, key=positions.get), [(member,) for member in view.members])
    if is_quiet:
        linked = {key for key, value in family(page, "ring_neighbor", "director", "side").items() if value}
        differ("neighbours", linked,
               {(m, s) for m, s in ((view.left, "left"), (view.right, "right")) if m})
        differ("isolated", page.get(PREFIX + "ring_isolated"), float(view.isolated))
        differ("synced", page.get(PREFIX + "ring_synced"), float(view.synced))
    backends = dict(view.backends)
    up = family(page, "backend_up", "backend", "tag")
    differ("backends up", up, {key: float(state == "up") for key, (state, _) in backends.items()})
    vhosts = family(page, "backend_vhosts", "backend", "tag")
    differ("vhosts", vhosts, {key: float(count) for key, (_, count) in backends.items()})
    for key, count in family(page, "backend_users", "backend", "tag").items():
        bounds = users(key)
        if bounds and not bounds[0] <= count <= bounds[1]:
            found.append(f"users of {key[0]}: {count}, seen from {bounds[0]} to {bounds[1]}")
    return found
