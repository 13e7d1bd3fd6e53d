"""Processor time: what the product took of it, and how much went to programs that have nothing to do with this.

A machine that is busy with something else gives figures that say little; the report tells so.
"""

import os
import time
from pathlib import Path

from tests.running.product import descendants

_TICKS = os.sysconf("SC_CLK_TCK")


class Usage:
    """Use of the processors from now on; `stop` ends it.

    Attributes:
        seconds: of wall time.
        product: processor seconds of the processes below `root`, PostgreSQL among them.
        foreign: the part of all processors, 0 to 1, that neither they nor this process took.
    """

    def __init__(self, root: int) -> None:
        self._root = root
        self.seconds = self.product = self.foreign = 0.0
        self._start = self._now()

    def stop(self) -> "Usage":
        wall, product, own, busy = (now - then for now, then in zip(self._now(), self._start, strict=True))
        self.seconds, self.product = wall, product
        self.foreign = max(0.0, busy - product - own) / (wall * (os.cpu_count() or 1))
        return self

    def _now(self) -> tuple[float, float, float, float]:
        below = sum(_seconds_of(pid) for pid in (self._root, *descendants(self._root)))
        return time.perf_counter(), below, time.process_time(), _busy_seconds()


def _seconds_of(pid: int) -> float:
    """Of a process and its children that have ended; 0 where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS


def _busy_seconds() -> float:
    """Of all processors since the start of the machine, neither idle nor waiting for a disk (proc_stat(5))."""
    user, nice, system, _idle, _wait, *others = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    )
    return (user + nice + system + sum(others)) / _TICKS
