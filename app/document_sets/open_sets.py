"""Keep document sets open between questions, and notice a new version soon."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from functools import cached_property

from app.configuration.chat_parameters import manifest_key
from app.document_sets.embedders import Embedders
from app.errors import InvalidRequest
from app.releases.pins import Pins
from ingestion.embedding.embedder import Embedder
from ingestion.errors import (
    IndexStoreError,
    IndexUnavailable,
    ModelMismatch,
    UnknownDocumentSet,
    UnknownVersion,
)
from ingestion.index.protocol import DocumentSet, SetInfo
from ingestion.versions.catalogue import Catalogue

logger = logging.getLogger(__name__)
REFRESH_SECONDS = 1.0
# Versions asked for by name that stay open, beside the live ones.
MOST_NAMED = 16


class OpenSets:
    """Open sets by name; what is live is looked up when it has not been for `refresh_s` seconds.

    Where a release is served, answers come from its versions, whatever is live; these are looked up
    as often, since a purge moves a version to another place. Versions that questions do not name
    are never closed.

    A question keeps the version it was given, so one answer never mixes two. A version that was
    built with another embedding model is gone over to when that model is loaded; until then the
    version before it goes on answering.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        embedders: Embedders,
        refresh_s: float = REFRESH_SECONDS,
        pins: Pins | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._pins = pins
        self._embedders = embedders
        self._refresh_s = refresh_s
        self._live: dict[str, tuple[float, DocumentSet]] = {}
        self._named: OrderedDict[str, DocumentSet] = OrderedDict()
        self._loading: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()

    def get(self, name: str, version: str | None = None) -> DocumentSet:
        """The set as it was live (or is pinned) at most `refresh_s` seconds ago, or a version of it.

        Raises:
            UnknownDocumentSet, UnknownVersion: no such set or version.
            ModelMismatch: the version's embedding model cannot be had here.
            IndexUnavailable: the store cannot be read, or lacks the pinned version.
        """
        if version is not None:
            return self._get_named(name, version)
        now = time.monotonic()
        with self._lock:
            opened = self._live.get(name)
            if opened is not None and now - opened[0] < self._refresh_s:
                return opened[1]
        info = self.info(name)
        if opened is not None:
            if opened[1].info == info or not self._model_is_ready(info):
                fresh = opened[1]
            else:
                fresh = self._catalogue.store.open(info)
        else:
            self._embedders.of(info)
            fresh = self._catalogue.store.open(info)
        with self._lock:
            self._live[name] = (now, fresh)
        return fresh

    @cached_property
    def _key(self) -> bytes:
        return manifest_key(self._catalogue.store.records)

    def manifest_key(self) -> bytes:
        """The key of what manifests hash, equal for all that use this index."""
        return self._key

    def names(self) -> list[str]:
        """The sets that can be asked, sorted."""
        return self._catalogue.names() if self._pins is None else sorted(self._pins.sets)

    def to_read(self, name: str, version: str) -> DocumentSet:
        """A version to read documents of; unlike `get`, without its embedding model.

        Raises:
            UnknownDocumentSet, UnknownVersion: no such set or version.
            IndexUnavailable: the store cannot be read.
        """
        return self._get_named(name, version, searched=False)

    def info(self, name: str) -> SetInfo:
        """The version of a set that answers come from, looked up now.

        Raises:
            UnknownDocumentSet: no such set, or the release that is served does not hold it.
            IndexUnavailable: the store cannot be read, or lacks the pinned version.
        """
        if self._pins is None:
            return self._catalogue.live(name)
        version = self._pins.index_version(name)
        try:
            return self._catalogue.find(name, version)
        except (UnknownVersion, UnknownDocumentSet) as error:
            raise IndexUnavailable(
                f"{self._pins.id} serves index version {version} of document set {name!r}, "
                "which is not in this index: it was removed, or index.url names another index. "
                "Serve a release whose versions are there (`plumb release history` lists them)."
            ) from error

    def check(self) -> None:
        """Raise an `IndexStoreError` if the store cannot be read, or not one set opened."""
        if self._pins is None:
            self._catalogue.check()
            return
        self._catalogue.store.check()
        failed: IndexStoreError | None = None
        for name in self.names():
            try:
                self._catalogue.store.open(self.info(name))
            except IndexStoreError as error:
                failed = failed or error
            else:
                return
        if failed is not None:
            raise failed

    def only(self) -> str:
        """The name of the one set there is.

        Raises:
            InvalidRequest: there are none or several, so one must be named.
        """
        names = self.names()
        if len(names) == 1:
            return names[0]
        if not names:
            raise InvalidRequest(
                "there is no document set yet; make one with `plumb ingest PATH --set NAME`."
            )
        raise InvalidRequest(f"name a document set, one of: {', '.join(names)}.")

    def embedder_of(self, info: SetInfo) -> Embedder:
        """The model that a version was built with.

        Raises:
            ModelMismatch: it cannot be had here.
        """
        return self._embedders.of(info)

    def _get_named(self, name: str, version: str, *, searched: bool = True) -> DocumentSet:
        pinned = None if self._pins is None else self._pins.index_version(name)
        info = self._catalogue.find(name, version)
        if info.version == pinned:
            return self.get(name)
        if searched:
            self._embedders.of(info)
        key = f"{name}@{info.version}@{info.place}"
        with self._lock:
            if key in self._named:
                self._named.move_to_end(key)
                return self._named[key]
        opened = self._catalogue.store.open(info)
        with self._lock:
            self._named[key] = opened
            while len(self._named) > MOST_NAMED:
                self._named.popitem(last=False)
        return opened

    def _model_is_ready(self, info: SetInfo) -> bool:
        """Whether the version's model is at hand; if not, it is being loaded from now on."""
        if self._embedders.has(info):
            return True
        key = info.model.model_dump_json()
        with self._lock:
            if key not in self._loading:
                thread = threading.Thread(
                    target=self._load, args=(info,), name="load-model", daemon=True
                )
                self._loading[key] = thread
                thread.start()
        return False

    def _load(self, info: SetInfo) -> None:
        try:
            self._embedders.of(info)
        except ModelMismatch as error:
            logger.error("the version before it goes on answering: %s", error)
