"""What else keeps the machine busy while something is measured, and a lock against measuring twice."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel

from app.errors import MeasuringElsewhere

# Above these, figures are said to be of a busy machine.
MOST_BY_OTHERS = 0.10
MOST_STOLEN = 0.02
MOST_SLOWER = 1.15
LOOPS = 400_000
TRIES = 3


class Usage(BaseModel):
    """Who used the processor between two moments.

    Attributes:
        others: share of all cores that other processes used, 0 to 1; None where the system
            does not tell.
        stolen: share that the hypervisor gave to other machines; None likewise.
        slower: time of a fixed loop, afterwards or before, over the best that was seen.
        load: mean number of processes at work in the minute before; None where unknown.
    """

    others: float | None = None
    stolen: float | None = None
    slower: float = 1.0
    load: float | None = None

    def reasons(self) -> list[str]:
        """Why figures may not be trusted, in words; empty on a quiet machine."""
        found = []
        if self.others is not None and self.others > MOST_BY_OTHERS:
            found.append(f"other processes used {self.others:.0%} of the processor")
        if self.stolen is not None and self.stolen > MOST_STOLEN:
            found.append(f"the hypervisor took {self.stolen:.0%} of the processor away")
        if self.slower > MOST_SLOWER:
            found.append(f"a fixed loop took {self.slower:.2f} times its best time")
        return found


class Watch:
    """Sees how busy the machine is, from its making on.

    Args:
        best: seconds of the fixed loop at its best so far; None for a first watch.
        stat: where the kernel counts the cores' time.
    """

    def __init__(self, best: float | None = None, stat: Path = Path("/proc/stat")) -> None:
        self._stat = stat
        before = fixed_loop()
        self.best = min(before, best or before)
        self._slowest = before
        self._load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
        self._own = _own_seconds()
        self._counted = read_cores(stat)

    def usage(self) -> Usage:
        """What was seen until now; processes that were started must have been waited for."""
        counted, own = read_cores(self._stat), _own_seconds() - self._own
        after = fixed_loop()
        self.best = min(self.best, after)
        slower = max(self._slowest, after) / self.best
        if counted is None or self._counted is None:
            return Usage(slower=slower, load=self._load)
        total, busy, stolen = (now - then for now, then in zip(counted, self._counted, strict=True))
        if total <= 0:
            return Usage(slower=slower, load=self._load)
        return Usage(
            others=min(1.0, max(0.0, (busy - own) / total)),
            stolen=stolen / total,
            slower=slower,
            load=self._load,
        )


def fixed_loop() -> float:
    """Seconds of work that is always the same; the best of a few tries, about 0.1 s in all."""
    took = []
    for _ in range(TRIES):
        began = time.perf_counter()
        total = 0
        for number in range(LOOPS):
            total += number & 7
        took.append(time.perf_counter() - began)
    return min(took)


def read_cores(stat: Path) -> tuple[float, float, float] | None:
    """Seconds of all cores together since the machine started: in all, at work, stolen."""
    try:
        first = stat.read_text("ascii").split("\n", 1)[0].split()
        if first[0] != "cpu":
            return None
        # user nice system idle iowait irq softirq steal; guests' time is in user's already.
        counted = [int(value) / os.sysconf("SC_CLK_TCK") for value in first[1:9]]
        total, idle, stolen = sum(counted), counted[3] + counted[4], counted[7]
    except (OSError, ValueError, IndexError):
        return None
    return total, total - idle - stolen, stolen


@contextmanager
def measuring_alone(folder: Path) -> Iterator[None]:
    """Hold the lock that keeps two measurements of a user from disturbing each other.

    Args:
        folder: where the lock is; the same for all that must not run side by side.

    Raises:
        MeasuringElsewhere: another one is at work.
    """
    place = folder / "measuring.lock"
    lock = FileLock(place, timeout=0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except OSError as error:
        if not isinstance(error, Timeout):
            # Nothing may be written there, in a container for example: then nothing is locked.
            yield
            return
        raise MeasuringElsewhere(
            f"another measurement is at work, and both would be wrong (lock: {place}). "
            "Wait until it has ended."
        ) from error
    try:
        yield
    finally:
        lock.release()


def _own_seconds() -> float:
    """Processor seconds of this process and of those that it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
