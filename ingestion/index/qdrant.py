"""Index versions in Qdrant: a collection for each version of a set, never changed once complete.

The collection holds one dense vector and one sparse vector per chunk; the sparse vector's values
are BM25's term weights and Qdrant's IDF modifier supplies the rest, so that a sparse search is
BM25. Which version is live is not an alias but one record beside it (`ingestion.versions`): a
set is opened at a version and asks that version's own collection, so that the searches of one
question cannot fall on two versions, as they could where an alias moves between them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from qdrant_client import QdrantClient, models

from ingestion.embedding import ModelIdentity
from ingestion.errors import IndexUnavailable, UnknownVersion
from ingestion.index.protocol import SetInfo
from ingestion.index.qdrant_collections import create_collection
from ingestion.index.qdrant_errors import reported
from ingestion.index.qdrant_points import without_documents
from ingestion.index.qdrant_records import QdrantRecords
from ingestion.index.qdrant_set import QdrantSet
from ingestion.index.qdrant_writer import QdrantWriter
from ingestion.settings import QdrantSettings

PREFIX = "plumbline."


class QdrantStore:
    """Index versions in one Qdrant server, or in qdrant-client's local mode.

    Args:
        client: connected as the settings say.
        place: the server's URL or the local folder, for messages.
        settings: how collections are made and written.
        local: whether it is local mode, which has no payload indexes.
    """

    def __init__(
        self, client: QdrantClient, place: str, settings: QdrantSettings, *, local: bool = False
    ) -> None:
        self._client = client
        self._place = place
        self._settings = settings
        self._local = local
        self.records = QdrantRecords(client, place, local=local)

    def check(self) -> None:
        """Raise `IndexUnavailable` if the server cannot be reached."""
        with reported(self._place):
            self._client.get_collections()

    def open(self, info: SetInfo) -> QdrantSet:
        """Open a version."""
        with reported(self._place):
            if not self._client.collection_exists(info.place):
                raise UnknownVersion(
                    f"{self._place}: version {info.version} of document set {info.name!r} has "
                    f"lost its collection {info.place}; roll back, or index the set anew."
                )
        return QdrantSet(self._client, info.place, info, self._place)

    def stage(
        self,
        name: str,
        number: int,
        model: ModelIdentity,
        base: SetInfo | None,
        without: Sequence[str] = (),
        on_copied: Callable[[int], None] = lambda _: None,
    ) -> QdrantWriter:
        """Begin a version in a collection of its own; the base's points are copied there."""
        collection = f"{PREFIX}{name}.{number}"
        average_length = base.average_length if base else 0.0
        with reported(self._place):
            if self._client.collection_exists(collection):
                self._client.delete_collection(collection)
            create_collection(
                self._client,
                collection,
                model.dimension,
                self._settings,
                metadata={"average_length": average_length},
                local=self._local,
            )
        writer = self._writer(collection, average_length)
        if base is not None:
            self._copy(base.place, writer, without, on_copied)
        return writer

    def resume(
        self, place: str, name: str, number: int, model: ModelIdentity
    ) -> QdrantWriter | None:
        """Go on with a collection that is not complete."""
        with reported(self._place):
            if not self._client.collection_exists(place):
                return None
            metadata: dict[str, Any] = self._client.get_collection(place).config.metadata or {}
        return self._writer(place, float(metadata.get("average_length", 0.0)))

    def places(self, name: str) -> list[str]:
        """The collections of a set."""
        with reported(self._place):
            found = self._client.get_collections().collections
        return sorted(
            collection.name
            for collection in found
            if collection.name.startswith(PREFIX)
            and collection.name.removeprefix(PREFIX).rpartition(".")[0] == name
        )

    def remove(self, name: str, places: Iterable[str], kept: Iterable[SetInfo]) -> None:
        """Delete collections."""
        needed = {info.place for info in kept}
        with reported(self._place):
            for place in set(places) - needed:
                self._client.delete_collection(place)

    def leftovers(self, name: str, kept: Iterable[SetInfo]) -> list[str]:
        """Collections of no kept version."""
        needed = {info.place for info in kept}
        return [
            f"collection {place} belongs to no version"
            for place in self.places(name)
            if place not in needed
        ]

    def rewrite(self, info: SetInfo) -> str | None:
        """Nothing to do: a version's collection never held what an earlier one lost.

        Points that a changed document lost while the version was built are vacuumed by Qdrant.
        """
        return None

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _writer(self, collection: str, average_length: float) -> QdrantWriter:
        return QdrantWriter(
            self._client, collection, self._place, self._settings, average_length=average_length
        )

    def _copy(
        self,
        source: str,
        writer: QdrantWriter,
        without: Sequence[str],
        on_copied: Callable[[int], None],
    ) -> None:
        offset: Any = None
        wanted = without_documents(without)
        while True:
            with reported(self._place):
                records, offset = self._client.scroll(
                    source,
                    wanted,
                    limit=self._settings.upsert_batch,
                    offset=offset,
                    with_payload=True,
                    with_vectors=True,
                )
            writer.upsert(
                [
                    models.PointStruct(id=record.id, vector=record.vector, payload=record.payload)
                    for record in records
                ]
            )
            on_copied(len(records))
            if offset is None:
                return


def connect(
    url: str, api_key: str | None, timeout_s: float, settings: QdrantSettings
) -> QdrantStore:
    """A store at `http(s)://…`, `qdrant+local:FOLDER` or `qdrant+memory:`.

    Raises:
        IndexUnavailable: the local folder is in use by another process, or cannot be made.
    """
    try:
        if url.startswith("qdrant+memory:"):
            return QdrantStore(QdrantClient(":memory:"), url, settings, local=True)
        if url.startswith("qdrant+local:"):
            folder = url.removeprefix("qdrant+local:")
            return QdrantStore(QdrantClient(path=folder), url, settings, local=True)
    except (RuntimeError, OSError) as error:
        raise IndexUnavailable(f"{url}: {' '.join(str(error).split())}") from error
    client = QdrantClient(
        url=url,
        api_key=api_key,
        timeout=max(1, int(timeout_s)),
        prefer_grpc=settings.prefer_grpc,
        check_compatibility=False,
    )
    return QdrantStore(client, url, settings)
