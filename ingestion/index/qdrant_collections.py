"""Make a collection as the settings say."""

from __future__ import annotations

from typing import Any

from qdrant_client import QdrantClient, models

from ingestion.index.qdrant_points import DENSE, FACETS, LEXICAL
from ingestion.settings import QdrantSettings

KEYWORDS = ("document_id", FACETS, "title", "source", "media_type")


def create_collection(
    client: QdrantClient,
    name: str,
    dimension: int,
    settings: QdrantSettings,
    metadata: dict[str, Any],
    *,
    local: bool,
) -> None:
    """An empty collection for chunks. Local mode heeds none of the settings."""
    client.create_collection(
        name,
        vectors_config={
            DENSE: models.VectorParams(
                size=dimension,
                distance=models.Distance.COSINE,
                on_disk=settings.on_disk_vectors,
                hnsw_config=models.HnswConfigDiff(
                    m=settings.hnsw_m, ef_construct=settings.hnsw_ef_construct
                ),
                quantization_config=quantization(settings),
            )
        },
        sparse_vectors_config={LEXICAL: models.SparseVectorParams(modifier=models.Modifier.IDF)},
        shard_number=settings.shards,
        replication_factor=settings.replicas,
        write_consistency_factor=settings.write_consistency,
        on_disk_payload=settings.on_disk_payload,
        metadata=metadata,
    )
    if not local:
        for field in KEYWORDS:
            client.create_payload_index(name, field, models.PayloadSchemaType.KEYWORD)


def quantization(
    settings: QdrantSettings,
) -> models.ScalarQuantization | models.BinaryQuantization | None:
    """The quantised copy that a search looks at first; it is rescored with the vectors."""
    if settings.quantization == "scalar":
        return models.ScalarQuantization(
            scalar=models.ScalarQuantizationConfig(
                type=models.ScalarType.INT8, quantile=0.99, always_ram=True
            )
        )
    if settings.quantization == "binary":
        return models.BinaryQuantization(binary=models.BinaryQuantizationConfig(always_ram=True))
    return None
