"""Chunks as rows of a Lance table, there and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ingestion.documents.document import Chunk
from ingestion.index.filters import facets
from ingestion.languages import analyze

# What a search reads back to rebuild a chunk.
CHUNK_COLUMNS = [
    "id", "document_id", "document_hash", "title", "heading_path", "page", "start", "end", "text",
    "context", "ordinal", "metadata", "media_type", "source", "language",
]  # fmt: skip

# Columns that versions without `SetInfo.analysis` do not have.
NEWER = ("language", "terms")


def schema(dimension: int) -> pa.Schema:
    """The table's columns.

    `terms` is what full-text search reads, as `ingestion.languages.analyze` makes it of
    `indexed_text`, with spaces between; `page` is JSON; `facets` are for filters.
    """
    return pa.schema(
        [
            pa.field("id", pa.string(), nullable=False),
            pa.field("document_id", pa.string(), nullable=False),
            pa.field("document_hash", pa.string()),
            pa.field("title", pa.string()),
            pa.field("heading_path", pa.list_(pa.string())),
            pa.field("page", pa.string()),
            pa.field("start", pa.int64()),
            pa.field("end", pa.int64()),
            pa.field("text", pa.string()),
            pa.field("context", pa.string()),
            pa.field("indexed_text", pa.string()),
            pa.field("ordinal", pa.int32()),
            pa.field("metadata", pa.json_()),
            pa.field("facets", pa.list_(pa.string())),
            pa.field("media_type", pa.string()),
            pa.field("source", pa.string()),
            pa.field("language", pa.string()),
            pa.field("terms", pa.string()),
            pa.field("vector", pa.list_(pa.float32(), dimension), nullable=False),
        ]
    )


def to_table(chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> pa.Table:
    """Chunks and their vectors, shape `(len(chunks), dimension)`, as an Arrow table."""
    columns: dict[str, list[Any]] = {
        "id": [chunk.id for chunk in chunks],
        "document_id": [chunk.document_id for chunk in chunks],
        "document_hash": [chunk.document_hash for chunk in chunks],
        "title": [chunk.title for chunk in chunks],
        "heading_path": [list(chunk.heading_path) for chunk in chunks],
        "page": [json.dumps(chunk.page) for chunk in chunks],
        "start": [chunk.start for chunk in chunks],
        "end": [chunk.end for chunk in chunks],
        "text": [chunk.text for chunk in chunks],
        "context": [chunk.context for chunk in chunks],
        "indexed_text": [chunk.indexed_text for chunk in chunks],
        "ordinal": [chunk.ordinal for chunk in chunks],
        "metadata": [json.dumps(dict(chunk.metadata), ensure_ascii=False) for chunk in chunks],
        "facets": [facets(chunk.metadata, chunk.language) for chunk in chunks],
        "media_type": [chunk.media_type for chunk in chunks],
        "source": [chunk.source for chunk in chunks],
        "language": [chunk.language for chunk in chunks],
        "terms": [" ".join(analyze(chunk.indexed_text, chunk.language)) for chunk in chunks],
    }
    dimension = vectors.shape[1]
    target = schema(dimension)
    arrays: list[pa.Array] = []
    for field in target:
        if field.name == "vector":
            flat = pa.array(np.ascontiguousarray(vectors, dtype=np.float32).ravel())
            arrays.append(pa.FixedSizeListArray.from_arrays(flat, dimension))
        elif field.name == "metadata":
            storage = pa.array(columns["metadata"], pa.string())
            arrays.append(pa.ExtensionArray.from_storage(pa.json_(), storage))
        else:
            arrays.append(pa.array(columns[field.name], field.type))
    return pa.Table.from_arrays(arrays, schema=target)


def as_table(batch: pa.RecordBatch) -> pa.Table:
    """Rows with all columns of their table as rows to add; metadata comes back as text and is JSON again."""
    target = schema(batch.schema.field("vector").type.list_size)
    fields = [field for field in target if field.name in batch.schema.names]
    columns = []
    for field in fields:
        column = batch.column(field.name)
        if field.name == "metadata" and not isinstance(column, pa.ExtensionArray):
            column = pa.ExtensionArray.from_storage(pa.json_(), column.cast(pa.string()))
        columns.append(column)
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def to_chunk(row: dict[str, Any]) -> Chunk:
    """A row with `CHUNK_COLUMNS` as the chunk it was."""
    metadata = row["metadata"]
    return Chunk(
        document_id=row["document_id"],
        document_hash=row["document_hash"],
        title=row["title"],
        heading_path=tuple(row["heading_path"]),
        page=json.loads(row["page"]),
        start=row["start"],
        end=row["end"],
        text=row["text"],
        context=row["context"],
        ordinal=row["ordinal"],
        metadata=json.loads(metadata) if isinstance(metadata, str | bytes) else metadata,
        media_type=row["media_type"],
        source=row["source"],
        language=row.get("language") or "",
    )
