"""How many things a process does at once, for one caller and for all."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass

from app.errors import TooBusy

RETRY_AFTER_S = 1


@dataclass(slots=True)
class Slot:
    """One taken slot: a context that frees it at its end, if it was not freed before."""

    _slots: Slots
    _who: str | None
    _held: bool = True

    def free(self) -> None:
        """Free the slot; a second time does nothing."""
        if not self._held:
            return
        self._held = False
        slots, who = self._slots, self._who
        with slots._lock:
            slots._taken -= 1
            if who is not None:
                slots._of[who] -= 1
                if not slots._of[who]:
                    del slots._of[who]  # else every caller there ever was would stay in memory

    def __enter__(self) -> Slot:
        return self

    def __exit__(self, *_: object) -> None:
        self.free()


class Slots:
    """A limit on what is done at once; nobody waits. Safe to share between threads.

    The last quarter is for callers who hold none, so that a few callers cannot take all.

    Args:
        most: how many all callers together may hold.
        each: how many one caller may hold.
        what: what is done in them, for the error: "answers are being worked on".
    """

    def __init__(self, most: int, each: int, what: str) -> None:
        self._most = most
        self._each = each
        self._open = most - most // 4
        self._what = what
        self._lock = threading.Lock()
        self._taken = 0
        self._of: Counter[str] = Counter()

    @property
    def most(self) -> int:
        """How many all callers together may hold."""
        return self._most

    @property
    def in_use(self) -> int:
        """How many are held now."""
        return self._taken

    def taken(self, who: str | None = None) -> Slot:
        """Take a slot.

        Args:
            who: who takes it; None: somebody who is not counted alone.

        Raises:
            TooBusy: the caller holds as many as one may, or all are taken that they may take.
        """
        with self._lock:
            if who is not None and self._of[who] >= self._each:
                raise TooBusy(
                    f"{self._each} of your {self._what}, which is the limit for one caller; try "
                    "again in a moment.",
                    RETRY_AFTER_S,
                )
            if who is not None and self._of[who] and self._taken >= self._open:
                raise TooBusy(
                    f"{self._taken} {self._what}, and the last places are kept for callers who "
                    "have none; try again in a moment.",
                    RETRY_AFTER_S,
                )
            if self._taken >= self._most:
                raise TooBusy(f"{self._most} {self._what}; try again in a moment.", RETRY_AFTER_S)
            self._taken += 1
            if who is not None:
                self._of[who] += 1
        return Slot(self, who)
