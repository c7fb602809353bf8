"""A clock that a test moves on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from operator import itemgetter


class Clock:
    """Seconds that a test moves on, and calls that are due then."""

    def __init__(self) -> None:
        self.now = 0.0
        self.due: list[tuple[float, Callable[[], None]]] = []

    def __call__(self) -> float:
        return self.now

    def call_later(self, seconds: float, call: Callable[[], None]) -> None:
        self.due.append((self.now + seconds, call))

    def pass_to(self, until: float) -> None:
        while self.due and min(self.due, key=itemgetter(0))[0] <= until:
            first = min(self.due, key=itemgetter(0))
            self.due.remove(first)
            self.now = max(self.now, first[0])
            first[1]()
        self.now = until

    def hurry(self, seconds: float, call: Callable[[], None]) -> None:
        """Let the seconds pass at once, in another thread."""

        def pass_by() -> None:
            self.now += seconds
            call()

        threading.Thread(target=pass_by).start()
