"""The application as evaluations ask it: in this process, without the answer cache, opened late.

Nothing heavy is imported or loaded before something must be asked: where everything is kept already,
neither the index nor a model is touched.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.errors import InvalidRequest
from evals.settings import Settings
from ingestion.index.protocol import DocumentSet, IndexStore, SetInfo
from ingestion.index.stores import open_store, records_in_files
from ingestion.versions.catalogue import KnownVersions
from prompts.registry import PromptRegistry, shipped_prompts

if TYPE_CHECKING:
    from app.wiring import Parts
    from evals.running.embedding_cache import CachedEmbedder
    from ingestion.embedding.embedder import Embedder


class Application:
    """The parts behind the settings, each made when it is first asked for. Safe between threads.

    Args:
        store: the index of the settings, where it is open already; it stays open.
        embedder: the embedding model of the settings, where it is loaded already.
    """

    def __init__(
        self,
        settings: Settings,
        store: IndexStore | None = None,
        embedder: Embedder | None = None,
    ) -> None:
        self.settings = settings
        self.prompts = PromptRegistry(
            settings.prompt.folder or shipped_prompts(), settings.prompt.aliases
        )
        self._given = store
        self._store = store
        self._embedder = embedder
        self._parts: dict[str, Parts] = {}
        self._lock = threading.RLock()

    @cached_property
    def versions(self) -> KnownVersions:
        """What sets and versions there are."""
        records = None if self._store else records_in_files(self.settings.index)
        return KnownVersions(records or self.store.records)

    @cached_property
    def weights(self) -> list[str]:
        """What shapes the vectors that the extractive model compares sentences by."""
        from ingestion.embedding.weights import resolve_model

        embedding = self.settings.embedding
        # Questions and sentences are embedded in float32, whatever `precision` says of passages.
        shaping = {"backend", "query_prefix", "device"}
        return [resolve_model(embedding).content_hash, embedding.model_dump_json(include=shaping)]

    @property
    def store(self) -> IndexStore:
        with self._lock:
            if self._store is None:
                self._store = open_store(self.settings.index, self.settings.qdrant)
            return self._store

    def parts(self, settings: Settings) -> Parts:
        """The parts with other settings of the chat model; index and embedding model are shared."""
        from app.wiring import build

        with self._lock:
            key = settings.chat.model_dump_json()
            if key not in self._parts:
                self._parts[key] = build(settings, store=self.store, embedder=self.embedder)
            return self._parts[key]

    @property
    def embedder(self) -> CachedEmbedder:
        """The embedding model of the settings, which embeds each text once."""
        from evals.running.embedding_cache import CachedEmbedder
        from ingestion.embedding.embedder import load_embedder

        with self._lock:
            if not isinstance(self._embedder, CachedEmbedder):
                loaded = self._embedder or load_embedder(self.settings.embedding)
                self._embedder = CachedEmbedder(loaded)
            return self._embedder

    def find_set(self, name: str | None, index_version: str | None = None) -> SetInfo:
        """The named set, or the only one there is; its live version unless another is named.

        Raises:
            InvalidRequest: no set is named, and there are none or several.
            UnknownDocumentSet, UnknownVersion: no such set or version.
        """
        if name is None:
            names = self.versions.names()
            if not names:
                raise InvalidRequest(
                    "there is no document set yet; make one with `plumb ingest PATH --set NAME`."
                )
            if len(names) > 1:
                raise InvalidRequest(f"name a document set with --set, one of: {', '.join(names)}.")
            name = names[0]
        return self.versions.find(name, index_version)

    def open(self, info: SetInfo) -> DocumentSet:
        """A version of a set, for reading its chunks."""
        return self.store.open(info)

    def embed_with_model_of(self, info: SetInfo) -> Callable[[list[str]], NDArray[np.float32]]:
        """Texts to unit vectors by the model of a version, which is loaded when it is first used."""

        def embed(texts: list[str]) -> NDArray[np.float32]:
            return self.parts(self.settings).sets.embedder_of(info).embed_passages(texts)

        return embed

    def close(self) -> None:
        """Close what was opened here."""
        with self._lock:
            if self._store is not None and self._store is not self._given:
                self._store.close()
            self._store = self._given
            self._parts.clear()
