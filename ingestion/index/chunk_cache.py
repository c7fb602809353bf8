"""The chunks that were read last from an open set, which never changes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

from ingestion.documents.document import Chunk
from ingestion.index.protocol import Key

# About 4 KB each. Questions come back to the same passages: reading six took a fifth of a search.
MOST = 2_000


class ChunkCache:
    """Reads chunks, those that are known from memory. Safe to share between threads.

    Args:
        read: reads the chunks behind keys; all of them.
        most: chunks that are kept; those used longest ago go first.
    """

    def __init__(self, read: Callable[[Sequence[Key]], dict[Key, Chunk]], most: int = MOST) -> None:
        self._read = read
        self._most = most
        self._known: OrderedDict[Key, Chunk] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, keys: Sequence[Key]) -> list[Chunk]:
        """The chunks behind the keys, in their order."""
        found: dict[Key, Chunk] = {}
        with self._lock:
            for key in keys:
                if key in self._known:
                    self._known.move_to_end(key)
                    found[key] = self._known[key]
        missing = [key for key in dict.fromkeys(keys) if key not in found]
        if missing:
            read = self._read(missing)
            found |= read
            with self._lock:
                self._known |= read
                while len(self._known) > self._most:
                    self._known.popitem(last=False)
        return [found[key] for key in keys]
