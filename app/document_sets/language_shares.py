"""Which languages a version's chunks are in, and how many there are of each."""

from __future__ import annotations

import threading
from collections import OrderedDict

from ingestion.index.filters import LANGUAGE, AnyOf
from ingestion.index.protocol import SetInfo
from ingestion.versions.catalogue import Catalogue

# Versions whose languages are remembered: they never change.
MOST = 500


class LanguageShares:
    """Counts the chunks of each language, once for a version. Safe to share between threads."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._known: OrderedDict[str, dict[str, int]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, info: SetInfo) -> dict[str, int]:
        """Language -> chunks, most first; under the empty name those of no known language.

        Raises:
            IndexStoreError: the version cannot be read.
        """
        key = f"{info.name}@{info.version}@{info.place}"
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        opened = self._catalogue.store.open(info)
        counted = {code: opened.count((AnyOf(LANGUAGE, (code,)),)) for code in info.languages}
        rest = info.chunks - sum(counted.values())
        if rest > 0:
            counted[""] = rest
        found = {code: count for code, count in counted.items() if count}
        found = dict(sorted(found.items(), key=lambda item: -item[1]))
        with self._lock:
            self._known[key] = found
            while len(self._known) > MOST:
                self._known.popitem(last=False)
        return found
