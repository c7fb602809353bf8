"""Look at work that goes on beside the service until it has ended."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from plumbline.calls import Call, Item, Pause, Steps

FIRST_LOOK_S = 0.25
# By default a service takes 120 requests a minute from one caller.
SLOWEST_LOOK_S = 2.0


class _Work(Protocol):
    @property
    def has_ended(self) -> bool: ...


Work = TypeVar("Work", bound=_Work)


def follow(look: Call[Work]) -> Steps[Work]:
    """The work whenever it has changed; the last time when it has ended."""
    pause_s = FIRST_LOOK_S
    seen: Any = None
    while True:
        work = yield look
        if work != seen:
            seen = work
            yield Item(work)
        if work.has_ended:
            return
        yield Pause(pause_s)
        pause_s = min(SLOWEST_LOOK_S, 2 * pause_s)
