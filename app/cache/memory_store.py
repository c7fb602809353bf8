"""A cache in this process: least recently used goes first."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from app.cache.store import Append, Get, Lock, Op, Put, Since, StoreStats

# What an entry costs beside its bytes: key, dictionary, object.
OVERHEAD = 300


@dataclass(slots=True)
class _Entry:
    value: bytes
    records: deque[tuple[int, bytes]] | None
    size: int
    until: float


class MemoryStore:
    """Keeps things in a dictionary, bounded in number and bytes.

    Args:
        entries: most keys.
        bytes: most bytes, overhead estimated.
        clock: seconds that only grow.
    """

    def __init__(
        self, entries: int, bytes: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.shared = False
        self._most = entries
        self._most_bytes = bytes
        self._clock = clock
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._bytes = 0
        self._number = 0
        self._evicted = 0
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes | None:
        with self._lock:
            entry = self._live(key)
            return None if entry is None or entry.records is not None else entry.value

    def put(self, key: str, value: bytes, ttl_s: float) -> None:
        """Keep a value, unless it alone is more than the limit."""
        with self._lock:
            self._keep(key, _Entry(value, None, len(value), self._clock() + ttl_s))

    def do(self, *ops: Op) -> list[Any]:
        """One after the other."""
        results: list[Any] = []
        for op in ops:
            result: Any = None
            match op:
                case Get():
                    result = self.get(op.key)
                case Put():
                    self.put(op.key, op.value, op.ttl_s)
                case Append():
                    self._append(op.key, op.record, op.most, op.ttl_s)
                case Since():
                    result = self._since(op.key, op.cursor)
                case Lock():
                    # Within a process `SingleFlight` itself sees to it.
                    result = True
            results.append(result)
        return results

    def keys(self, prefix: str) -> Iterator[str]:
        with self._lock:
            return iter([key for key in self._entries if key.startswith(prefix)])

    def clear(self, prefix: str) -> int:
        with self._lock:
            found = [key for key in self._entries if key.startswith(prefix)]
            for key in found:
                self._drop(key)
            return len(found)

    def stats(self) -> StoreStats:
        with self._lock:
            return StoreStats(len(self._entries), self._bytes, self._evicted)

    def close(self) -> None:
        """Nothing is open."""

    def _append(self, key: str, record: bytes, most: int, ttl_s: float) -> None:
        with self._lock:
            entry = self._live(key)
            records = entry.records if entry is not None and entry.records is not None else deque()
            self._number += 1
            records.append((self._number, record))
            while len(records) > most:
                records.popleft()
            size = sum(len(kept) for _, kept in records)
            self._keep(key, _Entry(b"", records, size, self._clock() + ttl_s))

    def _since(self, key: str, cursor: str) -> tuple[str, list[bytes]]:
        with self._lock:
            entry = self._live(key)
            if entry is None or not entry.records:
                return cursor, []
            if cursor and entry.records[-1][0] <= int(cursor):
                return cursor, []
            after = int(cursor or 0)
            new: list[bytes] = []
            for number, record in reversed(entry.records):
                if number <= after:
                    break
                new.append(record)
            return str(entry.records[-1][0]), new[::-1]

    def _live(self, key: str) -> _Entry | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.until <= self._clock():
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return entry

    def _keep(self, key: str, entry: _Entry) -> None:
        self._drop(key)
        entry.size += len(key) + OVERHEAD
        if entry.size > self._most_bytes:
            return
        self._entries[key] = entry
        self._bytes += entry.size
        while len(self._entries) > self._most or self._bytes > self._most_bytes:
            oldest = next(iter(self._entries))
            self._drop(oldest)
            self._evicted += 1

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= entry.size
