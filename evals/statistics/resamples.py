"""Draws with replacement, made once and used for every sample of the same size."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

# Numbers that a block of draws has at most, and that are kept in all: 16 MB, 256 MB.
BLOCK = 2_000_000
KEPT = 32_000_000


class Resamples:
    """So many resamples; equal seeds draw equal ones."""

    def __init__(self, count: int, seed: int) -> None:
        """None is drawn yet.

        Args:
            count: how many.
            seed: of the draws; each size of sample has its own draws.
        """
        self._count = count
        self._seed = seed
        self._blocks: dict[int, list[NDArray[np.float64]]] = {}
        self._kept = 0

    def times_drawn(self, size: int) -> Iterator[NDArray[np.float64]]:
        """How often each of `size` things is in each resample of as many: blocks of rows."""
        if size in self._blocks:
            yield from self._blocks[size]
            return
        keep = self._kept + self._count * size <= KEPT
        blocks = []
        for block in self._draw(size):
            if keep:
                blocks.append(block)
            yield block
        if keep:
            self._blocks[size] = blocks
            self._kept += self._count * size

    def _draw(self, size: int) -> Iterator[NDArray[np.float64]]:
        chance = np.random.default_rng([self._seed, size])
        step = max(1, BLOCK // size)
        for start in range(0, self._count, step):
            rows = min(step, self._count - start)
            picks = chance.integers(0, size, (rows, size)) + np.arange(rows)[:, None] * size
            times = np.bincount(picks.ravel(), minlength=rows * size)
            yield times.reshape(rows, size).astype(np.float64)
