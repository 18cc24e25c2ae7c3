"""What each exporter holds, and whether that grows."""

import os
import re


def anonymous_kilobytes(pid):
    with open(f"/proc/{pid}/status") as file:
        return int(re.search(r"RssAnon:\s+(\d+)", file.read())[1])


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


class Health:
    """The footprints of one process, taken at calm moments, and the most it held between them."""

    # Beyond what a warm process holds. The journal's queue, the page and a list that is being read
    # come and go.
    SURPLUS = 4096  # KiB
    MOST = 128 * 1024  # KiB, at any time: a list at its limit is 16 MiB, and larger as rows

    def __init__(self):
        self.calm = []  # (seconds, KiB, descriptors)
        self.most = 0

    def note_calm(self, seconds, pid):
        self.calm.append((seconds, anonymous_kilobytes(pid), descriptors(pid)))

    def note(self, pid):
        self.most = max(self.most, anonymous_kilobytes(pid))

    def slope(self):
        """KiB a minute, by least squares over the calm moments but for the first."""
        points = [(at, size) for at, size, _ in self.calm[1:]]
        if len(points) < 3:
            return None
        mean_at = sum(at for at, _ in points) / len(points)
        mean_size = sum(size for _, size in points) / len(points)
        spread = sum((at - mean_at) ** 2 for at, _ in points)
        return 60 * sum((at - mean_at) * (size - mean_size) for at, size in points) / spread

    def growth(self):
        """KiB between the largest of the first third and the largest of the last third."""
        if len(self.calm) < 2:
            return 0
        third = max(1, len(self.calm) // 3)
        return max(c[1] for c in self.calm[-third:]) - max(c[1] for c in self.calm[:third])

    def descriptor_growth(self):
        return self.calm[-1][2] - self.calm[0][2] if self.calm else 0
