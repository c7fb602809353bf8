"""Collections in Qdrant: one for each index version, and one each for records and for vectors by text.

A collection is called `plumbline.{set}.{number}`. Set names have no dots, so that no set's
collections can be taken for another's, nor for `plumbline.records` or `plumbline.vectors`. There is no alias: which
version is live is a record, and a reader asks the collection of the version that it opened, so that
the requests behind one answer cannot meet two versions.
"""

from __future__ import annotations

from typing import Any

from qdrant_client import QdrantClient, models

from ingestion.index.qdrant_connection import Connection
from ingestion.index.qdrant_points import DENSE, FACETS, LEXICAL
from ingestion.settings import QdrantSettings

PREFIX = "plumbline."
RECORDS = "plumbline.records"
VECTORS = "plumbline.vectors"

KEYWORDS = ("document_id", FACETS, "media_type", "title", "source")
NUMBERS = ("ordinal",)


def collection_name(name: str, number: int) -> str:
    """What the collection of a set's version is called."""
    return f"{PREFIX}{name}.{number}"


def collections_of(connection: Connection, name: str) -> list[str]:
    """Names of all collections that belong to a set, sorted."""
    with connection.used() as client:
        found = [collection.name for collection in client.get_collections().collections]
    before = f"{PREFIX}{name}."
    return sorted(
        collection
        for collection in found
        if collection.startswith(before) and collection.removeprefix(before).isdigit()
    )


def exists(connection: Connection, collection: str) -> bool:
    """Whether there is a collection of this name."""
    return bool(connection.insist(lambda client: client.collection_exists(collection)))


def drop(connection: Connection, collection: str) -> None:
    """Remove a collection; nothing happens if it is not there."""
    connection.insist(lambda client: client.delete_collection(collection))


def make_for_chunks(
    connection: Connection, collection: str, dimension: int, metadata: dict[str, Any]
) -> None:
    """Make the collection of a version."""
    settings = connection.settings
    vectors = models.VectorParams(
        size=dimension,
        distance=models.Distance.COSINE,
        on_disk=settings.on_disk_vectors,
        hnsw_config=_graph(settings),
        quantization_config=_quantization(settings),
    )
    make(
        connection,
        collection,
        keywords=KEYWORDS,
        numbers=NUMBERS,
        vectors_config={DENSE: vectors},
        sparse_vectors_config={LEXICAL: models.SparseVectorParams(modifier=models.Modifier.IDF)},
        shard_number=settings.shards,
        replication_factor=settings.replicas,
        write_consistency_factor=settings.write_consistency,
        on_disk_payload=settings.on_disk_payload,
        metadata=metadata,
    )


def make_for_records(connection: Connection) -> None:
    """Make the collection of the records: one shard, and a majority of its replicas for a write."""
    replicas = connection.settings.replicas
    make(
        connection,
        RECORDS,
        keywords=("folder", "token"),
        vectors_config={},
        shard_number=1,
        replication_factor=replicas,
        write_consistency_factor=replicas // 2 + 1 if replicas else None,
    )


def make_for_vectors(connection: Connection) -> None:
    """Make the collection of vectors by text; what it holds can be made again."""
    make(
        connection,
        VECTORS,
        keywords=("set",),
        numbers=("used",),
        vectors_config={},
        on_disk_payload=True,
    )


def make(
    connection: Connection,
    collection: str,
    *,
    keywords: tuple[str, ...],
    numbers: tuple[str, ...] = (),
    **parameters: Any,
) -> None:
    """Make a collection with its payload indexes, unless another process just did."""

    def create(client: QdrantClient) -> None:
        if not client.collection_exists(collection):
            client.create_collection(collection, **parameters)

    connection.insist(create)
    if connection.local:
        return  # it has no payload indexes, and warns of each
    types = dict.fromkeys(keywords, models.PayloadSchemaType.KEYWORD)
    types |= dict.fromkeys(numbers, models.PayloadSchemaType.INTEGER)
    for field, type_ in types.items():

        def index(
            client: QdrantClient, field: str = field, type_: models.PayloadSchemaType = type_
        ) -> None:
            client.create_payload_index(collection, field, type_)

        connection.insist(index)


def _graph(settings: QdrantSettings) -> models.HnswConfigDiff | None:
    if settings.hnsw_m is None and settings.hnsw_ef_construct is None:
        return None
    return models.HnswConfigDiff(m=settings.hnsw_m, ef_construct=settings.hnsw_ef_construct)


def _quantization(
    settings: QdrantSettings,
) -> models.ScalarQuantization | models.BinaryQuantization | None:
    if settings.quantization == "scalar":
        int8 = models.ScalarQuantizationConfig(type=models.ScalarType.INT8, always_ram=True)
        return models.ScalarQuantization(scalar=int8)
    if settings.quantization == "binary":
        return models.BinaryQuantization(binary=models.BinaryQuantizationConfig(always_ram=True))
    return None
