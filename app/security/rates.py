"""How often a caller may ask: moving windows of a minute, in Redis, the database or this process."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from limits import RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import delete, select

from app.errors import TooManyRequests
from app.security.tables import Spending
from app.store.database import Database
from app.store.tables import storable

logger = logging.getLogger(__name__)
# What a request waits for Redis at most, for each of connecting and reading.
PATIENCE_S = 0.1
# After Redis failed, it is left alone for so long.
LEFT_ALONE_S = 5.0
MINUTE = timedelta(minutes=1)
MOST_COUNTED = 20_000
ALL_OTHERS = "(all others)"


class Rates:
    """Counts requests. Safe to share between threads.

    Args:
        redis_url: where processes count together; None: each counts alone.
    """

    def __init__(self, redis_url: str | None) -> None:
        self._own = OwnRates()
        self._shared = MovingWindowRateLimiter(_redis(redis_url)) if redis_url else None
        self._left_alone_until = 0.0

    def spend(self, what: str, who: str, per_minute: int) -> None:
        """Count one request; 0 a minute means no limit.

        Where Redis is away, this process counts alone until Redis is back.

        Raises:
            TooManyRequests: the limit for a minute is reached.
        """
        if not per_minute:
            return
        if self._shared is not None and time.monotonic() >= self._left_alone_until:
            try:
                _spend(self._shared, RateLimitItemPerMinute(per_minute), what, who)
            except StorageError as error:
                self._left_alone_until = time.monotonic() + LEFT_ALONE_S
                logger.warning("rate limits: Redis is away, counting here: %s", error)
            else:
                return
        self._own.spend(what, who, per_minute)


class OwnRates:
    """Counts in this process, in bounded memory. Safe to share between threads.

    `limits` has such a storage too: it keeps the name of everybody who ever came, and looks through
    all of them at each hit.

    Args:
        most: this many callers are counted separately, those beyond them together.
        clock: seconds that never go back.
    """

    def __init__(
        self, most: int = MOST_COUNTED, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        # What and who -> when they did it, within the last minute; who did last comes last.
        self._times: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def spend(self, what: str, who: str, per_minute: int) -> None:
        """As `Rates.spend`, for one and more a minute.

        Raises:
            TooManyRequests: the limit for a minute is reached.
        """
        key = what, who
        with self._lock:
            now = self._clock()
            over = now - MINUTE.total_seconds()
            while self._times and next(iter(self._times.values()))[-1] <= over:
                self._times.popitem(last=False)
            if key not in self._times and len(self._times) >= self._most:
                key = what, ALL_OTHERS
            times = self._times.setdefault(key, deque())
            while times and times[0] <= over:
                times.popleft()
            if len(times) < per_minute:
                times.append(now)
                self._times.move_to_end(key)
                return
            wait = times[0] - over
        raise _too_many(what, per_minute, wait)


class StoredRates:
    """Counts in the database, for all processes together. Safe to share between threads.

    For what is counted rarely: each time is a write.

    Args:
        database: migrated already.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def spend(self, what: str, who: str, per_minute: int) -> None:
        """As `Rates.spend`.

        Raises:
            TooManyRequests: the limit for a minute is reached.
            StoreUnavailable: it cannot be counted.
        """
        if not per_minute:
            return
        who = storable(who)
        mine = Spending.what == what, Spending.who == who
        with self._database.locked(f"{what} of {who}") as session:
            now = datetime.now(UTC)
            session.execute(
                delete(Spending).where(Spending.what == what, Spending.at <= now - MINUTE)
            )
            # The one that must be over before there is room again.
            query = select(Spending.at).where(*mine).order_by(Spending.at.desc())
            oldest = session.scalar(query.offset(per_minute - 1).limit(1))
            if oldest is None:
                session.add(Spending(what=what, who=who, at=now))
        if oldest is not None:
            raise _too_many(what, per_minute, (oldest + MINUTE - now).total_seconds())


def _spend(
    limiter: MovingWindowRateLimiter, limit: RateLimitItemPerMinute, what: str, who: str
) -> None:
    if limiter.hit(limit, what, who):
        return
    again = limiter.get_window_stats(limit, what, who).reset_time
    raise _too_many(what, limit.amount, again - time.time())


def _too_many(what: str, per_minute: int, wait_s: float) -> TooManyRequests:
    wait = max(1, math.ceil(wait_s))
    counted = what.removesuffix("s") if per_minute == 1 else what
    return TooManyRequests(
        f"The limit is {per_minute} {counted} a minute; try again in {wait} s.", wait
    )


def _redis(url: str) -> RedisStorage:
    # One attempt: the library's own retries would multiply the wait.
    return RedisStorage(
        url,
        key_prefix="plumb:limits",
        wrap_exceptions=True,
        socket_timeout=PATIENCE_S,
        socket_connect_timeout=PATIENCE_S,
        retry=Retry(NoBackoff(), 0),  # type: ignore[arg-type]
    )
