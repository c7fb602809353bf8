"""The memory of the workers, sampled while they work."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import psutil
from numpy.typing import NDArray

from evals.benchmarks.faults.services import Service

EVERY_S = 1.0
MIB = 2**20


@dataclass(frozen=True, slots=True)
class Memory:
    """One worker's resident memory, MiB.

    Attributes:
        first: mean of the first fifth of the time (of five minutes: the first one).
        last: mean of the last fifth.
        slope: MiB a minute, over the second half.
        peak: the most.
    """

    first: float
    last: float
    slope: float
    peak: float


class MemorySampler:
    """Samples every second while it is entered."""

    def __init__(self, service: Service) -> None:
        self._workers = service.workers()
        self._samples: dict[int, list[tuple[float, float]]] = defaultdict(list)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> MemorySampler:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def found(self) -> list[Memory]:
        """What was sampled, by worker."""
        return [_memory(np.array(samples)) for samples in self._samples.values()]

    def _run(self) -> None:
        while not self._over.wait(EVERY_S):
            for worker in self._workers:
                try:
                    held = worker.memory_info().rss / MIB
                except psutil.NoSuchProcess:
                    continue
                self._samples[worker.pid].append((time.monotonic(), held))


def _memory(samples: NDArray[np.float64]) -> Memory:
    times, held = samples[:, 0], samples[:, 1]
    share = max(1, len(held) // 5)
    half = len(held) // 2
    slope = np.polyfit(times[half:] - times[half], held[half:], 1)[0] * 60
    return Memory(held[:share].mean(), held[-share:].mean(), float(slope), held.max())
