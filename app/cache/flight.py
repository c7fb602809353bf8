"""Equal questions at one time make one call: the others wait for it."""

from __future__ import annotations

import copy
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, NamedTuple, TypeVar

from app.cache.store import CacheStore
from prompts.errors import PlumbError

# A leader that died is missed after this many seconds.
LEASE_S = 3.0
# Between two looks whether another process is done, seconds: at first, and at the most.
SOON_S, LATER_S = 0.01, 0.1
# Calls that may fail before those who wait are told of it.
MOST_LEADERS = 2
T = TypeVar("T")


class Flown(NamedTuple, Generic[T]):
    """What came of it.

    Attributes:
        value: the value.
        led: whether this caller computed it.
    """

    value: T
    led: bool


class _Flight:
    def __init__(self) -> None:
        self.done = threading.Event()
        self.value: object = None
        self.error: BaseException | None = None


class SingleFlight:
    """Lets one caller at a time compute what several ask for. Safe between threads and processes.

    Across processes by a lock in the store, which its leader renews; without a shared store, within
    this process. Whoever waits longer than `wait_s` goes on alone.

    Args:
        store: holds the locks.
        wait_s: the longest wait for another's value, seconds.
        lease_s: for how long a leader that died keeps others waiting, seconds.
    """

    def __init__(self, store: CacheStore, wait_s: float, lease_s: float = LEASE_S) -> None:
        self._store = store
        self._wait_s = wait_s
        self._lease_s = lease_s
        self._flights: dict[str, _Flight] = {}
        self._lock = threading.Lock()

    def single_flight(
        self, key: str, compute: Callable[[], T], stored: Callable[[], T | None]
    ) -> Flown[T]:
        """The value for a key, computed here or by whoever was first.

        A leader's failure is its own: those who waited elect another, once. If that one fails as
        well, they are told so, rather than call what failed twice all at one time.

        Args:
            compute: makes the value, and keeps it where `stored` finds it, if it may be kept.
            stored: the value, if it has been kept in the meantime.

        Raises:
            What `compute` raises.
        """
        until = time.monotonic() + self._wait_s
        for attempt in range(MOST_LEADERS):
            flight, leads = self._join(key)
            if leads:
                return self._lead(key, flight, compute, stored, until)
            if not flight.done.wait(max(0.0, until - time.monotonic())):
                break
            if flight.error is None:
                return Flown(flight.value, False)  # type: ignore[arg-type]
            if attempt + 1 == MOST_LEADERS and isinstance(flight.error, PlumbError):
                raise copy.copy(flight.error) from flight.error
        return Flown(compute(), True)

    def _join(self, key: str) -> tuple[_Flight, bool]:
        with self._lock:
            flight = self._flights.get(key)
            if flight is not None:
                return flight, False
            flight = self._flights[key] = _Flight()
            return flight, True

    def _lead(
        self,
        key: str,
        flight: _Flight,
        compute: Callable[[], T],
        stored: Callable[[], T | None],
        until: float,
    ) -> Flown[T]:
        try:
            flown = self._among_processes(key, compute, stored, until)
            flight.value = flown.value
            return flown
        except BaseException as error:
            flight.error = error
            raise
        finally:
            with self._lock:
                del self._flights[key]
            flight.done.set()

    def _among_processes(
        self, key: str, compute: Callable[[], T], stored: Callable[[], T | None], until: float
    ) -> Flown[T]:
        token = secrets.token_hex(16)
        pause = SOON_S
        while not self._store.lock(key, token, self._lease_s):
            if time.monotonic() > until:
                return Flown(compute(), True)
            time.sleep(pause)
            pause = min(LATER_S, pause * 1.5)
            found = stored()
            if found is not None:
                return Flown(found, False)
        with self._held(key, token):
            # Another may have kept it between our lookup and the lock.
            found = stored()
            return Flown(compute(), True) if found is None else Flown(found, False)

    @contextmanager
    def _held(self, key: str, token: str) -> Iterator[None]:
        """Keep the lock for as long as this takes, and then give it back."""
        if not self._store.shared:
            yield
            return
        over = threading.Event()
        renewal = threading.Thread(
            target=self._renew, args=(key, token, over), name="renew-flight", daemon=True
        )
        renewal.start()
        try:
            yield
        finally:
            over.set()
            self._store.unlock(key, token)

    def _renew(self, key: str, token: str, over: threading.Event) -> None:
        while not over.wait(self._lease_s / 3):
            self._store.renew(key, token, self._lease_s)
