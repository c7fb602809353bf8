"""Keep document sets open between questions, and notice a new version soon."""

from __future__ import annotations

import threading
import time

from app.errors import InvalidRequest
from ingestion.index.protocol import DocumentSet, IndexStore

REFRESH_SECONDS = 1.0


class OpenSets:
    """Open sets by name; each is opened anew when it has not been for `refresh_s` seconds.

    A question keeps the set it was given, so one answer never mixes two versions.
    """

    def __init__(self, store: IndexStore, refresh_s: float = REFRESH_SECONDS) -> None:
        self._store = store
        self._refresh_s = refresh_s
        self._open: dict[str, tuple[float, DocumentSet]] = {}
        self._lock = threading.Lock()

    def get(self, name: str) -> DocumentSet:
        """The set as published at most `refresh_s` seconds ago.

        Raises:
            UnknownDocumentSet: no such set.
            IndexUnavailable: the store cannot be read.
        """
        now = time.monotonic()
        with self._lock:
            opened = self._open.get(name)
            if opened is not None and now - opened[0] < self._refresh_s:
                return opened[1]
        fresh = self._store.open(name)
        with self._lock:
            self._open[name] = (now, fresh)
        return fresh

    def only(self) -> str:
        """The name of the one set there is.

        Raises:
            InvalidRequest: there are none or several, so one must be named.
        """
        names = self._store.names()
        if len(names) == 1:
            return names[0]
        if not names:
            raise InvalidRequest(
                "there is no document set yet; make one with `plumb ingest PATH --set NAME`."
            )
        raise InvalidRequest(f"name a document set, one of: {', '.join(names)}.")
