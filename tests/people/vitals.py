"""How a node fares: what it holds, and what it costs while nothing happens."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20


@dataclass(frozen=True)
class Vitals:
    """What a running node holds."""

    rss: float
    """MiB of memory."""
    handles: int
    disk: float
    """MiB of its data."""

    @classmethod
    def of(cls, node):
        """What it holds now."""
        status = Path(f"/proc/{node.pid}/status").read_text().splitlines()
        rss = next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
        handles = len(os.listdir(f"/proc/{node.pid}/fd"))
        return cls(rss / 1024, handles, _size(node.data_dir) / MIB)

    def __str__(self):
        return f"{self.rss:.0f} MiB, {self.handles} handles, {self.disk:.1f} MiB on disk"


def idle_cpu(node, seconds=3.0):
    """The share of one core that a node takes in the next seconds, percent."""
    spent, begun = _cpu_seconds(node), time.monotonic()
    time.sleep(seconds)
    return 100 * (_cpu_seconds(node) - spent) / (time.monotonic() - begun)


def _cpu_seconds(node):
    fields = Path(f"/proc/{node.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _size(folder):
    total = 0
    for path in Path(folder).rglob("*"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue  # such as a journal that is gone by now
    return total
