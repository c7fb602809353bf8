"""Chunks as Qdrant points, filters as Qdrant conditions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from qdrant_client import models

from ingestion.documents.document import Chunk
from ingestion.errors import InvalidFilter
from ingestion.index.filters import (
    BUILT_IN,
    AnyOf,
    Between,
    Filter,
    facet,
    facets,
    is_built_in,
)

DENSE = "dense"
LEXICAL = "lexical"
FACETS = "facets"
# Documents named in one condition.
MOST_NAMED = 1_000


def payload(chunk: Chunk) -> dict[str, Any]:
    """What a point carries beside its vectors: all that rebuilds the chunk."""
    return {
        "document_id": chunk.document_id,
        "document_hash": chunk.document_hash,
        "title": chunk.title,
        "heading_path": list(chunk.heading_path),
        "page": chunk.page,
        "start": chunk.start,
        "end": chunk.end,
        "text": chunk.text,
        "context": chunk.context,
        "ordinal": chunk.ordinal,
        "metadata": dict(chunk.metadata),
        FACETS: facets(chunk.metadata, chunk.language),
        "language": chunk.language,
        "media_type": chunk.media_type,
        "source": chunk.source,
    }


def to_chunk(payload: dict[str, Any]) -> Chunk:
    """The chunk that a payload came from."""
    fields = {name: value for name, value in payload.items() if name != FACETS}
    return Chunk(**{**fields, "heading_path": tuple(payload["heading_path"])})


def to_filter(where: Filter | None) -> models.Filter | None:
    """A filter as Qdrant evaluates it inside the search."""
    if not where:
        return None
    return models.Filter(must=[_condition(condition) for condition in where])


def of_documents(ids: Sequence[str]) -> Iterator[models.Filter]:
    """Filters that together pass the chunks of the named documents, and no others."""
    for first in range(0, len(ids), MOST_NAMED):
        yield models.Filter(must=[_named(ids[first : first + MOST_NAMED])])


def without_documents(ids: Sequence[str]) -> models.Filter | None:
    """A filter that passes all chunks but those of the named documents; None for all."""
    named = [_named(ids[first : first + MOST_NAMED]) for first in range(0, len(ids), MOST_NAMED)]
    return models.Filter(must_not=named) if named else None


def _named(ids: Sequence[str]) -> models.FieldCondition:
    return models.FieldCondition(key="document_id", match=models.MatchAny(any=list(ids)))


def _condition(condition: AnyOf | Between) -> models.FieldCondition:
    if isinstance(condition, Between):
        return _between(condition)
    if is_built_in(condition.field):
        values = [str(value) for value in condition.values]
        return models.FieldCondition(
            key=BUILT_IN[condition.field], match=models.MatchAny(any=values)
        )
    values = [facet(condition.field, value) for value in condition.values]
    return models.FieldCondition(key=FACETS, match=models.MatchAny(any=values))


def _between(condition: Between) -> models.FieldCondition:
    if '"' in condition.field:
        raise InvalidFilter(
            f"filters.{condition.field}: a field with a quotation mark in its name takes values, "
            "not a range."
        )
    key = f'metadata."{condition.field}"'
    limits: dict[str, Any] = dict(condition.bounds)
    if any(isinstance(limit, str) for limit in limits.values()):
        return models.FieldCondition(key=key, range=models.DatetimeRange(**limits))
    return models.FieldCondition(key=key, range=models.Range(**limits))
