"""Remember what was worked out, within a limit in bytes; least recently used goes first."""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Bounded(Generic[K, V]):
    """A dictionary with a limit in bytes, as `size` estimates them. Safe between threads.

    Args:
        bytes: the limit. What alone is larger is not kept.
        size: bytes of a key with its value.
    """

    def __init__(self, bytes: int, size: Callable[[K, V], int]) -> None:
        self.most = bytes
        self._size = size
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._lock = threading.Lock()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """What is kept under a key; None where nothing is."""
        with self._lock:
            found = self._entries.get(key)
            if found is None:
                return None
            self._entries.move_to_end(key)
            return found[0]

    def put(self, key: K, value: V) -> None:
        """Keep a value, and drop what there is no place for any more."""
        size = self._size(key, value)
        with self._lock:
            _, before = self._entries.pop(key, (None, 0))
            self.bytes -= before
            if size > self.most:
                return
            self._entries[key] = (value, size)
            self.bytes += size
            while self.bytes > self.most:
                _, (_, dropped) = self._entries.popitem(last=False)
                self.bytes -= dropped

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self.bytes = 0


def remembered(
    bytes: int, size: Callable[[str, V], int]
) -> Callable[[Callable[[str], V]], Callable[[str], V]]:
    """Remember a function's results, within a limit in bytes. `cache` of the function holds them.

    Args:
        bytes, size: see `Bounded`.
    """

    def around(function: Callable[[str], V]) -> Callable[[str], V]:
        cache: Bounded[str, V] = Bounded(bytes, size)

        @functools.wraps(function)
        def looked_up(key: str) -> V:
            found = cache.get(key)
            if found is None:
                found = function(key)
                cache.put(key, found)
            return found

        looked_up.cache = cache  # type: ignore[attr-defined]
        return looked_up

    return around
