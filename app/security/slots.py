"""How many answers a process works on at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from app.errors import TooBusy


class Slots:
    """So many at once, and nobody waits. Safe to share between threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._free = threading.BoundedSemaphore(most)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold a slot for the block.

        Raises:
            TooBusy: all are taken.
        """
        if not self._free.acquire(blocking=False):
            raise TooBusy(f"{self._most} answers are being worked on; come again in a moment.", 1)
        try:
            yield
        finally:
            self._free.release()
