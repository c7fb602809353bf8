"""The seam of the cache: bytes under keys, lists that grow, and a right to lead; all of it may be lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias


@dataclass(frozen=True, slots=True)
class StoreStats:
    """How a store does.

    Attributes:
        entries: things kept now; None where that is not known (Redis).
        bytes: their size; None where that is not known.
        evicted: things dropped to keep within limits.
        failures: calls that failed or took too long.
        aside: whether it is being left alone after a failure.
    """

    entries: int | None = None
    bytes: int | None = None
    evicted: int = 0
    failures: int = 0
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Get:
    """What is kept under a key, if it is not too old: bytes or None."""

    key: str


@dataclass(frozen=True, slots=True)
class Put:
    """Keep a value for `ttl_s` seconds at most."""

    key: str
    value: bytes
    ttl_s: float


@dataclass(frozen=True, slots=True)
class Append:
    """Add to a list; only its last `most` records stay, `ttl_s` seconds after the last."""

    key: str
    record: bytes
    most: int
    ttl_s: float


@dataclass(frozen=True, slots=True)
class Since:
    """A list's records added since a cursor ("": all): the cursor for the next time, and records."""

    key: str
    cursor: str


@dataclass(frozen=True, slots=True)
class Lock:
    """Take the right to lead, unless somebody else has it: bool; also True where nobody can tell."""

    key: str
    token: str
    ttl_s: float


@dataclass(frozen=True, slots=True)
class Renew:
    """Keep that right for `ttl_s` seconds more, if it is still this token's."""

    key: str
    token: str
    ttl_s: float


@dataclass(frozen=True, slots=True)
class Unlock:
    """Give it back, if it is still this token's."""

    key: str
    token: str


Op: TypeAlias = Get | Put | Append | Since | Lock | Renew | Unlock


class CacheStore(Protocol):
    """Keeps bytes for a while. Safe between threads.

    Nothing but `keys` and `clear` raises: a store that fails is one that holds nothing.
    """

    @property
    def shared(self) -> bool:
        """Whether other processes see it too."""

    def get(self, key: str) -> bytes | None:
        """What is kept under a key, if it is not too old."""

    def put(self, key: str, value: bytes, ttl_s: float) -> None:
        """Keep a value for `ttl_s` seconds at most."""

    def do(self, *ops: Op) -> list[Any]:
        """Several of these in one visit, in this order; what each gives, None where that is nothing."""

    def keys(self, prefix: str) -> Iterator[str]:
        """All keys that begin so.

        Raises:
            CacheUnavailable: they cannot be read.
        """

    def clear(self, prefix: str) -> int:
        """Drop all that begins so; how many.

        Raises:
            CacheUnavailable: it cannot be done.
        """

    def stats(self) -> StoreStats:
        """How it does."""

    def close(self) -> None:
        """Close connections."""
