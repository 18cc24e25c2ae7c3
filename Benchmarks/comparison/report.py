"""What was measured against what was wanted."""

import dataclasses


@dataclasses.dataclass
class Row:
    """A line of the table. Figures are text with their unit; `met` is None where nothing is wanted."""
    measure: str
    value: str
    peer: str = ""
    ratio: str = ""
    target: str = ""
    met: bool | None = None

    @property
    def verdict(self):
        return {True: "met", False: "MISSED", None: ""}[self.met]

    def cells(self):
        return [self.measure, self.value, self.peer, self.ratio, self.target, self.verdict]


HEADINGS = ["measure", "exporter", "peer", "ratio", "target", ""]


def at_most(measure, value, peer, limit, unit, *, target=None):
    """A row whose ratio to the peer has a ceiling. `unit` writes a figure as text."""
    ratio = value / peer
    return Row(measure, unit(value), unit(peer), number(ratio), target or f"{limit} or less",
               ratio <= limit)


def at_least(measure, ratio, value, peer, limit, unit):
    """A row whose ratio to the peer has a floor. The ratio is a median of rounds."""
    return Row(measure, unit(value), unit(peer), number(ratio), f"{limit} or more", ratio >= limit)


def number(ratio):
    if ratio >= 10:
        return f"{ratio:.0f}"
    if ratio < 0.1:
        return f"1/{1 / ratio:.0f}"
    return f"{ratio:.2f}"


def megabytes(count):
    return f"{count / 1e6:.1f} MB"


def milliseconds(seconds):
    return f"{seconds * 1e3:.3g} ms"


def rate(per_second):
    return f"{per_second:,.0f}/s"


def table(rows):
    """Markdown, in columns that people can read as well."""
    lines = [HEADINGS] + [row.cells() for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]

    def text(cells):
        padded = [cell.ljust(width) for cell, width in zip(cells, widths)]
        return "| " + " | ".join(padded) + " |"

    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([text(lines[0]), rule] + [text(line) for line in lines[1:]])
