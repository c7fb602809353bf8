"""Equal questions at one time make one call: the others wait for it."""

from __future__ import annotations

import copy
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from app.cache.store import CacheStore, Get, Lock, Op, Renew, Unlock
from app.cache.write_behind import WriteBehind
from app.fair_shares import away
from prompts.errors import PlumbError

# A leader that died is missed after this many seconds.
LEASE_S = 3.0
# Between two looks whether another process is done, seconds: at first, and at most.
SOON_S, LATER_S = 0.01, 0.1
# Calls that may fail before the waiting requests fail too.
MOST_LEADERS = 2
T = TypeVar("T")


class Landed(NamedTuple, Generic[T]):
    """A value that somebody else computed.

    Attributes:
        value: the value.
    """

    value: T


@dataclass(slots=True, eq=False)
class _Flight:
    done: threading.Event = field(default_factory=threading.Event)
    value: object = None
    error: BaseException | None = None
    # What those who waited for this one go over to when it has failed.
    after: _Flight | None = None


class Beside(NamedTuple, Generic[T]):
    """What a leader asks the store for, in the visit in which it takes the lead.

    Attributes:
        ops: the operations that it adds to that visit.
        read: the value from what they give; None where they give none.
    """

    ops: Sequence[Op]
    read: Callable[[Sequence[Any]], T | None]


def _nothing() -> Sequence[Op]:
    return ()


@dataclass(slots=True, eq=False)
class Lead(Generic[T]):
    """The right to compute a value, and the duty to end with `land` or `fail`.

    Either may be called from another thread than the one that got the lead.
    """

    _store: CacheStore
    _behind: WriteBehind
    _group: str
    _end: Callable[[], None]
    _flight: _Flight | None
    # What gives the lead back in the store, and what is to be done when it has been given back.
    _unlock: Op | None = None
    _unlocked: Callable[[], None] | None = None
    _ended: bool = False

    def land(self, value: T, keep: Callable[[], Sequence[Op]] = _nothing) -> None:
        """Give the value to all who wait in this process, and have it kept soon.

        Until it is kept, other processes wait for it.

        Args:
            keep: gives what makes the store keep it; done in one visit with giving back the lead.
        """
        if self._ended:
            return
        self._ended = True
        try:
            # Put before it lands: who asks next waits for what is put.
            if self._unlock is not None or keep is not _nothing:
                self._behind.put(self._group, lambda: self._give_back(keep))
        finally:
            self._finish(value, None)

    def fail(self, error: BaseException) -> None:
        """Leave it to another; nothing where it has landed."""
        if self._ended:
            return
        self._ended = True
        try:
            self._give_back(_nothing)
        finally:
            self._finish(None, error)

    def _give_back(self, keep: Callable[[], Sequence[Op]]) -> None:
        ops: list[Op] = []
        try:
            ops += keep()
        finally:
            if self._unlock is not None:
                ops.append(self._unlock)
            try:
                if ops:
                    self._store.do(*ops)
            finally:
                if self._unlocked is not None:
                    self._unlocked()

    def _finish(self, value: T | None, error: BaseException | None) -> None:
        if self._flight is not None:
            self._flight.value, self._flight.error = value, error
        self._end()


class SingleFlight(Generic[T]):
    """Lets one caller at a time compute what several ask for. Safe between threads and processes.

    Across processes by a lock in the store, which its leader renews; without a shared store, within
    this process. Anyone who waits longer than `wait_s` goes on alone.

    Args:
        store: holds the locks, and the values that are kept.
        read: the value from what the store keeps; None where it is of no use.
        wait_s: the longest wait for another's value, seconds.
        behind: does what need not be done before a value is handed on.
        lease_s: for how long a leader that died keeps others waiting, seconds.
    """

    def __init__(
        self,
        store: CacheStore,
        read: Callable[[bytes], T | None],
        wait_s: float,
        behind: WriteBehind,
        lease_s: float = LEASE_S,
    ) -> None:
        self._store = store
        self._read = read
        self._behind = behind
        self._wait_s = wait_s
        self._lease_s = lease_s
        self._renewal = Renewal(store, lease_s)
        self._flights: dict[str, _Flight] = {}
        self._lock = threading.Lock()
        # How many wait for another's value now.
        self.waiting = 0

    def join(
        self,
        key: str,
        kept_at: str,
        until: float | None = None,
        beside: Beside[T] | None = None,
        group: str = "",
    ) -> Lead[T] | Landed[T]:
        """The lead for a key, or the value that its leader computed; waits for that.

        A leader's failure is its own: those who waited elect another, once. If that one fails as
        well, they get its error, rather than all call at once what failed twice.

        Args:
            key: names what is computed.
            kept_at: where the store keeps its value, if it may be kept.
            until: when this caller's wait ends at the latest, by `time.monotonic`.
            beside: where else a leader finds the value.
            group: what the writes of a leader belong to, see `WriteBehind`.

        Raises:
            PlumbError: as two leaders, one after the other.
        """
        last = time.monotonic() + self._wait_s
        until = last if until is None else min(last, until)
        failed: _Flight | None = None
        for attempt in range(MOST_LEADERS):
            flight, leads = self._enter(key, failed)
            if leads:
                return self._lead(key, kept_at, flight, until, beside, group)
            if not self._wait(flight, until):
                break
            if flight.error is None:
                return Landed(flight.value)  # type: ignore[arg-type]
            if attempt + 1 == MOST_LEADERS and isinstance(flight.error, PlumbError):
                raise copy.copy(flight.error) from flight.error
            failed = flight
        return Lead(self._store, self._behind, group, lambda: None, None)

    def close(self) -> None:
        """Renew no lead any more."""
        self._renewal.close()

    def _enter(self, key: str, failed: _Flight | None) -> tuple[_Flight, bool]:
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
            with away():
                return flight.done.wait(max(0.0, until - time.monotonic()))
        finally:
            with self._lock:
                self.waiting -= 1

    def _lead(
        self,
        key: str,
        kept_at: str,
        flight: _Flight,
        until: float,
        beside: Beside[T] | None,
        group: str,
    ) -> Lead[T] | Landed[T]:
        """Lead within this process; ask the other processes, too."""
        token = secrets.token_hex(16)

        def end() -> None:
            with self._lock:
                del self._flights[key]
            flight.done.set()

        lead: Lead[T] = Lead(self._store, self._behind, group, end, flight)
        # In this order: the leader before has stored the value before giving back the lead.
        lock, get = Lock(key, token, self._lease_s), Get(kept_at)
        ops: list[Op] = [lock, get, *(beside.ops if beside is not None else ())]
        pause = SOON_S
        try:
            with ExitStack() as waiting:
                while True:
                    locked, packed, *more = self._store.do(*ops)
                    if locked and self._store.shared:
                        lead._unlock = Unlock(key, token)
                        lead._unlocked = lambda: self._renewal.drop(token)
                        self._renewal.add(key, token)
                    found = None if packed is None else self._read(packed)
                    if found is None and beside is not None:
                        found = beside.read(more)
                    if found is not None:
                        return self._given(lead, found)
                    if locked or time.monotonic() > until:
                        return lead
                    if pause == SOON_S:
                        waiting.enter_context(away())
                    time.sleep(pause)
                    pause = min(LATER_S, pause * 1.5)
                    beside, ops = None, [lock, get]
        except BaseException as error:
            lead.fail(error)
            raise

    def _given(self, lead: Lead[T], value: T) -> Landed[T]:
        """Those who wait here for what another process has kept get it too."""
        lead.land(value)
        return Landed(value)


class Renewal:
    """Renews leads in the store for as long as they are held. Safe between threads.

    One thread for all of them, which begins with the first: a thread for each would cost more than
    what most leads take.

    Args:
        store: holds the leads.
        lease_s: how long a lead lasts that nobody renews, seconds; it is renewed three times in it.
    """

    def __init__(self, store: CacheStore, lease_s: float) -> None:
        self._store = store
        self._lease_s = lease_s
        self._held: dict[str, str] = {}
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def add(self, key: str, token: str) -> None:
        """Renew a lead from now on."""
        with self._lock:
            self._held[token] = key
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="renew-leads", daemon=True)
                self._thread.start()

    def drop(self, token: str) -> None:
        """Renew it no more."""
        with self._lock:
            self._held.pop(token, None)

    def close(self) -> None:
        """End the thread."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._lease_s / 3):
            with self._lock:
                renewals = [Renew(key, token, self._lease_s) for token, key in self._held.items()]
            if renewals:
                self._store.do(*renewals)
