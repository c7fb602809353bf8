"""Index versions in Qdrant: a collection for each, and one for the records that say what they are.

A collection holds one dense vector and one sparse vector per chunk; the sparse vector's values are
BM25's term weights and Qdrant's IDF modifier supplies the rest, so that a sparse search is BM25. A
version that is made from another begins as a copy of its points, vectors included: nothing is
embedded twice, and the words' weights follow the documents that the version holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ingestion.embedding.embedder import ModelIdentity
from ingestion.errors import UnknownVersion
from ingestion.index import qdrant_connection
from ingestion.index.protocol import SetInfo, check_name
from ingestion.index.qdrant_collections import (
    collection_name,
    collections_of,
    drop,
    exists,
    make_for_chunks,
)
from ingestion.index.qdrant_connection import Connection
from ingestion.index.qdrant_records import QdrantRecords
from ingestion.index.qdrant_set import QdrantSet
from ingestion.index.qdrant_vectors import QdrantVectors
from ingestion.index.qdrant_writer import AVERAGE_LENGTH, QdrantWriter
from ingestion.settings import IndexSettings, QdrantSettings


class QdrantStore:
    """Index versions in one Qdrant server, or in qdrant-client's local mode."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.records = QdrantRecords(connection)
        self.vectors = QdrantVectors(connection)

    def check(self) -> None:
        """Raise `IndexUnavailable` if the server cannot be reached, or is too old."""
        with self._connection.used() as client:
            client.get_collections()
        self._connection.check_version()

    def open(self, info: SetInfo) -> QdrantSet:
        """Open a version at its collection."""
        self.require(info)
        return QdrantSet(self._connection, info)

    def stage(
        self,
        name: str,
        number: int,
        model: ModelIdentity,
        base: SetInfo | None,
        without: Sequence[str] = (),
        on_copied: Callable[[int], None] = lambda _: None,
    ) -> QdrantWriter:
        """Begin a version in a new collection, empty or with the base's points."""
        collection = collection_name(check_name(name), number)
        if base is not None:
            self.require(base)
        drop(self._connection, collection)
        metadata = {AVERAGE_LENGTH: base.average_length if base else 0.0}
        make_for_chunks(self._connection, collection, model.dimension, metadata)
        writer = QdrantWriter(self._connection, collection)
        if base is not None:
            writer.copy(base.place, without, on_copied)
        return writer

    def resume(
        self, place: str, name: str, number: int, model: ModelIdentity
    ) -> QdrantWriter | None:
        """Go on with a collection where the writer before this one stopped."""
        if not exists(self._connection, place):
            return None
        return QdrantWriter(self._connection, place)

    def places(self, name: str) -> list[str]:
        """All collections of a set, by name."""
        return collections_of(self._connection, name)

    def remove(self, name: str, places: Iterable[str], kept: Iterable[SetInfo]) -> None:
        """Delete collections that nothing kept is in."""
        needed = {info.place for info in kept}
        for collection in set(places) & set(self.places(name)) - needed:
            drop(self._connection, collection)

    def leftovers(self, name: str, kept: Iterable[SetInfo]) -> list[str]:
        """Collections of no kept version."""
        needed = {info.place for info in kept}
        return [
            f"collection {collection} belongs to no version"
            for collection in self.places(name)
            if collection not in needed
        ]

    def rewrite(self, info: SetInfo) -> None:
        """Nothing to do: a collection never held what was deleted before its version."""
        return

    def close(self) -> None:
        self._connection.client.close()

    def require(self, info: SetInfo) -> None:
        """Look for the version's collection."""
        if not exists(self._connection, info.place):
            raise UnknownVersion(
                f"{self._connection.place}: version {info.version} of document set {info.name!r} "
                f"has lost its collection {info.place}; roll back, or index the set again."
            )


def open_qdrant(index: IndexSettings, qdrant: QdrantSettings) -> QdrantStore:
    """The store behind `index.url`.

    Raises:
        IndexUnavailable: the local folder is in use by another process, or cannot be made.
    """
    return QdrantStore(qdrant_connection.connect(index, qdrant))
