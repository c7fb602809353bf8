"""The one door that every document passes: what any backend can store, whatever a loader found."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace

from ingestion.documents.document import Document, Scalar
from ingestion.documents.visibility import GROUPS
from ingestion.errors import UnreadableDocument

LONGEST_ID = 1_000
LONGEST_TITLE = 1_000
# A field's name may be no longer in a filter either.
LONGEST_NAME = 200
LONGEST_VALUE = 10_000
MOST_VALUES = 1_000
MOST_FIELDS = 500

_INVALID = re.compile(r"[\x00\ud800-\udfff]")
_INVALID_IN_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# Largest integers that backends and JSON parsers keep exact.
_LARGEST = (1 << 63) - 1
_LONGEST_NUMBER = 1_000  # bits; a longer one is no value to filter by


def storable(document: Document) -> Document:
    """The document with names and values that every backend takes.

    Halves of surrogate pairs and NUL become U+FFFD. Integers beyond 64 bits become text. Left out
    are numbers that are not finite, names that are empty or too long, and what is too many; long
    values are cut.

    Raises:
        UnreadableDocument: its id cannot name a document.
    """
    if len(document.id) > LONGEST_ID:
        raise UnreadableDocument(
            f"{valid(document.id[:60])}…: an id of {len(document.id):,} characters; use at most "
            f"{LONGEST_ID:,}"
        )
    blocks = document.blocks
    if any(isinstance(block.page, str) and _INVALID.search(block.page) for block in blocks):
        blocks = tuple(
            replace(block, page=valid(block.page)) if isinstance(block.page, str) else block
            for block in blocks
        )
    return replace(
        document,
        id=valid(document.id),
        title=valid(document.title)[:LONGEST_TITLE],
        text=valid(document.text),
        blocks=blocks,
        source=valid(document.source),
        media_type=valid(document.media_type),
        metadata=_fields(document.metadata),
        hidden=valid(document.hidden),
    )


def valid(text: str) -> str:
    """Text of the same length that can be encoded and stored."""
    return _INVALID.sub(_REPLACEMENT, text)


def _fields(metadata: Mapping[str, Scalar | list[str]]) -> dict[str, Scalar | list[str]]:
    kept: dict[str, Scalar | list[str]] = {}
    for name, value in metadata.items():
        if name == GROUPS:  # who sees a document is never cut
            kept[name] = value
            continue
        name = _INVALID_IN_NAME.sub(_REPLACEMENT, name)
        stored = _value(value)
        fits = 0 < len(name) <= LONGEST_NAME and len(kept) < MOST_FIELDS
        # A name that becomes that of groups would be taken for them.
        if fits and stored is not None and name != GROUPS:
            kept.setdefault(name, stored)
    return kept


def _value(value: Scalar | list[str]) -> Scalar | list[str] | None:
    if isinstance(value, list):
        return [valid(item)[:LONGEST_VALUE] for item in value[:MOST_VALUES]]
    if isinstance(value, str):
        return valid(value)[:LONGEST_VALUE]
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        if -_LARGEST - 1 <= value <= _LARGEST:
            return int(value)
        return str(int(value)) if value.bit_length() <= _LONGEST_NUMBER else None
    return value if math.isfinite(value) else None
