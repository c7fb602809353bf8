"""Document sets in Qdrant: a collection for each set, described by the collection's own metadata.

The collection holds one dense vector and one sparse vector per chunk; the sparse vector's values
are BM25's term weights and Qdrant's IDF modifier supplies the rest, so that a sparse search is BM25.
Writes go to the live collection; each document is replaced as a whole.
"""

from __future__ import annotations

from typing import Any

from qdrant_client import QdrantClient, models

from ingestion.embedding import ModelIdentity
from ingestion.errors import IndexUnavailable, UnknownDocumentSet
from ingestion.index.protocol import SetInfo, check_model, check_name
from ingestion.index.qdrant_errors import reported
from ingestion.index.qdrant_points import DENSE, FACETS, LEXICAL
from ingestion.index.qdrant_set import QdrantSet
from ingestion.index.qdrant_writer import INFO, WRITING, QdrantWriter
from ingestion.settings import ChunkingSettings

PREFIX = "plumbline-"


class QdrantStore:
    """Document sets in one Qdrant server, or in qdrant-client's local mode.

    Args:
        client: connected as the settings say.
        place: the server's URL or the local folder, for messages.
        local: whether it is local mode, which has no payload indexes.
    """

    def __init__(self, client: QdrantClient, place: str, *, local: bool = False) -> None:
        self._client = client
        self._place = place
        self._local = local

    def check(self) -> None:
        """Raise `IndexUnavailable` if the server cannot be reached."""
        with reported(self._place):
            self._client.get_collections()

    def names(self) -> list[str]:
        """Names of the sets with a committed version, sorted."""
        with reported(self._place):
            found = [
                collection.name.removeprefix(PREFIX)
                for collection in self._client.get_collections().collections
                if collection.name.startswith(PREFIX)
            ]
            return sorted(name for name in found if INFO in self._metadata(name))

    def open(self, name: str) -> QdrantSet:
        """Open a set."""
        with reported(self._place):
            metadata = self._metadata(check_name(name))
            if INFO not in metadata:
                raise UnknownDocumentSet(self._unknown(name))
            info = SetInfo.model_validate(metadata[INFO])
            return QdrantSet(self._client, PREFIX + name, info, self._place)

    def writer(self, name: str, model: ModelIdentity, chunking: ChunkingSettings) -> QdrantWriter:
        """Open a set for writing, made if it is not there."""
        with reported(self._place):
            metadata = self._metadata(check_name(name))
            before = SetInfo.model_validate(metadata[INFO]) if INFO in metadata else None
            if before is not None:
                check_model(before, model)
            if not self._client.collection_exists(PREFIX + name):
                self._create(PREFIX + name, model.dimension)
            return QdrantWriter(
                self._client,
                PREFIX + name,
                self._place,
                name=name,
                before=before,
                broken_off=bool(metadata.get(WRITING)),
                model=model,
                chunking=chunking,
            )

    def drop(self, name: str) -> None:
        """Remove a set."""
        with reported(self._place):
            if not self._client.collection_exists(PREFIX + check_name(name)):
                raise UnknownDocumentSet(self._unknown(name))
            self._client.delete_collection(PREFIX + name)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _metadata(self, name: str) -> dict[str, Any]:
        if not self._client.collection_exists(PREFIX + name):
            return {}
        return dict(self._client.get_collection(PREFIX + name).config.metadata or {})

    def _create(self, collection: str, dimension: int) -> None:
        self._client.create_collection(
            collection,
            vectors_config={
                DENSE: models.VectorParams(size=dimension, distance=models.Distance.COSINE)
            },
            sparse_vectors_config={
                LEXICAL: models.SparseVectorParams(modifier=models.Modifier.IDF)
            },
        )
        if not self._local:
            for field in ("document_id", FACETS):
                self._client.create_payload_index(
                    collection, field, models.PayloadSchemaType.KEYWORD
                )

    def _unknown(self, name: str) -> str:
        have = ", ".join(self.names()) or "none yet; make one with `plumb ingest PATH --set NAME`"
        return f"no document set {name!r} in {self._place}; there are: {have}."


def connect(url: str, api_key: str | None, timeout_s: float) -> QdrantStore:
    """A store at `http(s)://…`, `qdrant+local:FOLDER` or `qdrant+memory:`.

    Raises:
        IndexUnavailable: the local folder is in use by another process, or cannot be made.
    """
    try:
        if url.startswith("qdrant+memory:"):
            return QdrantStore(QdrantClient(":memory:"), url, local=True)
        if url.startswith("qdrant+local:"):
            folder = url.removeprefix("qdrant+local:")
            return QdrantStore(QdrantClient(path=folder), url, local=True)
    except (RuntimeError, OSError) as error:
        raise IndexUnavailable(f"{url}: {' '.join(str(error).split())}") from error
    client = QdrantClient(
        url=url, api_key=api_key, timeout=max(1, int(timeout_s)), check_compatibility=False
    )
    return QdrantStore(client, url)
