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
        # What those who waited for this one go over to when it has failed.
        self.after: _Flight | None = None


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
        # How many wait for another's value now.
        self.waiting = 0

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
        failed: _Flight | None = None
        for attempt in range(MOST_LEADERS):
            flight, leads = self._join(key, failed)
            if leads:
                return self._lead(key, flight, compute, stored, until)
            if not self._wait(flight, until):
                break
            if flight.error is None:
                return Flown(flight.value, False)  # type: ignore[arg-type]
            if attempt + 1 == MOST_LEADERS and isinstance(flight.error, PlumbError):
                raise copy.copy(flight.error) from flight.error
            failed = flight
        return Flown(compute(), True)

    def _join(self, key: str, failed: _Flight | None) -> tuple[_Flight, bool]:
        """The flight to wait for, or a new one to lead; one and the same for all whose flight failed."""
        with self._lock:
            flight = failed.after if failed is not None else None
            flight = flight or self._flights.get(key)
            leads = flight is None
            if flight is None:
                flight = self._flights[key] = _Flight()
            if failed is not None:
                failed.after = flight
            return flight, leads

    def _wait(self, flight: _Flight, until: float) -> bool:
        with self._lock:
            self.waiting += 1
        try:
            return flight.done.wait(max(0.0, until - time.monotonic()))
        finally:
            with self._lock:
                self.waiting -= 1

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
