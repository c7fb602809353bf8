"""One sync of a set at a time, though its holder may die without a word.

The holder of the highest token holds the lease. A token is taken by creating its record, which
only one process can; so even two that find the lease expired at once cannot both have it. The
holder shows that it lives by renewing the record; where it stops for `ttl_s`, or is known to be
dead since it ran on this machine, the next token may be taken. (The token is what Kleppmann calls
a fencing token: "How to do distributed locking", 2016.)
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from pydantic import BaseModel, ConfigDict

from ingestion.errors import IndexUnavailable, LeaseLost, SetIsLeased
from ingestion.index.records import Records
from ingestion.versions.author import ProcessMark, is_certainly_dead, this_process
from prompts.moves.user import current_user

TTL_S = 60.0


class LeaseRecord(BaseModel):
    """Who holds, or last held, a set's lease."""

    model_config = ConfigDict(frozen=True)

    by: str
    purpose: str
    process: ProcessMark
    since: datetime
    renewed: datetime
    ttl_s: float
    released: bool = False

    def is_held(self, now: datetime) -> bool:
        """Whether its holder may still be at work."""
        if self.released or is_certainly_dead(self.process):
            return False
        return now - self.renewed < timedelta(seconds=self.ttl_s)


class Lease:
    """A lease that is held; renewed in a thread until it is released."""

    def __init__(self, records: Records, name: str, token: int, record: LeaseRecord) -> None:
        self._records = records
        self._name = name
        self._token = token
        self._record = record
        self._lost = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._renew_until_ended, name="lease", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raise `LeaseLost` if another sync may have begun; to be asked before every write."""
        if self._lost or _highest(self._records, self._name) != self._token:
            raise LeaseLost(
                f"document set {self._name!r}: this sync was silent for more than "
                f"{self._record.ttl_s:.0f} s and another one has begun; what is live is "
                "untouched. Run it again when the other one has ended."
            )

    def release(self) -> None:
        """Let the next sync begin."""
        self._ended.set()
        self._thread.join()
        if not self._lost:
            self._write(self._record.model_copy(update={"released": True}))

    def _renew_until_ended(self) -> None:
        while not self._ended.wait(self._record.ttl_s / 4):
            try:
                self._write(self._record.model_copy(update={"renewed": datetime.now(UTC)}))
            except IndexUnavailable:
                continue  # the store may come back before the lease expires
            except LeaseLost:
                return

    def _write(self, record: LeaseRecord) -> None:
        key = _key(self._name, self._token)
        if not self._records.replace(key, self._record.model_dump_json(), record.model_dump_json()):
            self._lost = True
            raise LeaseLost(f"document set {self._name!r}: the lease was taken over.")
        self._record = record


@contextmanager
def leased(
    records: Records, name: str, purpose: str, by: str | None = None, ttl_s: float = TTL_S
) -> Iterator[Lease]:
    """Hold a set's lease while the context lasts.

    Raises:
        SetIsLeased: someone else holds it; the message says who, since when and for what.
    """
    lease = _take(records, name, purpose, by or current_user(), ttl_s)
    try:
        yield lease
    finally:
        _quietly(lease.release)


def holder(records: Records, name: str) -> LeaseRecord | None:
    """Who holds a set's lease now; None if nobody does."""
    _, record = _latest(records, name)
    return record if record is not None and record.is_held(datetime.now(UTC)) else None


def _take(records: Records, name: str, purpose: str, by: str, ttl_s: float) -> Lease:
    now = datetime.now(UTC)
    mine = LeaseRecord(
        by=by, purpose=purpose, process=this_process(), since=now, renewed=now, ttl_s=ttl_s
    )
    while True:
        latest, current = _latest(records, name)
        if current is not None and current.is_held(datetime.now(UTC)):
            raise SetIsLeased(
                f"document set {name!r} is in use by {current.by} (process "
                f"{current.process.pid} on {current.process.host}) for {current.purpose}, since "
                f"{current.since:%Y-%m-%d %H:%M:%S} UTC; wait until it has ended. If it is dead, "
                f"its lease expires {current.ttl_s:.0f} s after its last sign of life "
                f"({current.renewed:%H:%M:%S} UTC)."
            )
        token = latest + 1
        if records.create(_key(name, token), mine.model_dump_json()):
            for old in _tokens(records, name):
                if old < token:
                    records.delete(_key(name, old))
            return Lease(records, name, token, mine)


def _latest(records: Records, name: str) -> tuple[int, LeaseRecord | None]:
    """The highest token with its record: read together, or a taker in between would be missed."""
    while token := _highest(records, name):
        found = records.get(_key(name, token))
        if found is not None:
            return token, LeaseRecord.model_validate_json(found)
    return 0, None


def _quietly(release: Callable[[], None]) -> None:
    """What the lease guarded has ended; a lease that cannot be given back expires."""
    try:
        release()
    except (IndexUnavailable, LeaseLost, OSError):
        return


def _tokens(records: Records, name: str) -> list[int]:
    return [int(token) for token in records.names(f"leases/{name}")]


def _highest(records: Records, name: str) -> int:
    return max(_tokens(records, name), default=0)


def _key(name: str, token: int) -> str:
    return f"leases/{name}/{token:08d}"
