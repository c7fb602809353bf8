"""Which groups may see a document, as its metadata says. What cannot be understood hides it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ingestion.documents import Document, Metadata

# The metadata field that names a document's groups.
GROUPS = "groups"


def names_groups(field: object) -> bool:
    """Whether a field of front matter or of a record is the one of groups, in whatever case."""
    return isinstance(field, str) and field.strip().lower() == GROUPS


def stated_groups(value: object) -> list[str]:
    """The groups that a field's value names: a text, a number, or a list of these.

    Whatever else stands there names no group, so that nobody who is bound to groups sees the
    document: a slip of the pen must not show it to everyone.
    """
    items = value if isinstance(value, list | tuple) else [value]
    named = [
        str(item)
        for item in items
        if isinstance(item, str | int) and not isinstance(item, bool) and str(item).strip()
    ]
    return sorted(set(named))


def groups_of(metadata: Metadata) -> list[str] | None:
    """The groups that see a document; None: everyone sees it; empty: only who sees all does."""
    return stated_groups(metadata[GROUPS]) if GROUPS in metadata else None


def of_groups(document: Document, groups: Sequence[str]) -> Document:
    """The document with its source's groups, where it has some, whatever the document says."""
    if not groups:
        return document
    return replace(document, metadata={**document.metadata, GROUPS: sorted(set(groups))})
