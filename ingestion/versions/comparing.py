"""What differs between two versions of a set: documents, and what shaped them."""

from __future__ import annotations

from pydantic import BaseModel

from ingestion.index.protocol import SetInfo
from ingestion.versions.catalogue import Catalogue


class VersionDiff(BaseModel):
    """From one version to another.

    Attributes:
        document_set: the set.
        before, after: the two versions.
        added, changed, removed: ids of documents, sorted.
        unchanged: how many documents are the same in both.
        shaping: settings and models that differ, each as `name: before -> after`.
        chunks_before, chunks_after: how many chunks each holds.
    """

    document_set: str
    before: str
    after: str
    added: list[str]
    changed: list[str]
    removed: list[str]
    unchanged: int
    shaping: list[str]
    chunks_before: int
    chunks_after: int


def compare(catalogue: Catalogue, before: SetInfo, after: SetInfo) -> VersionDiff:
    """Compare two versions by their source manifests."""
    old = {row.id: row.hash for row in catalogue.manifest(before) if row.indexed}
    new = {row.id: row.hash for row in catalogue.manifest(after) if row.indexed}
    common = old.keys() & new.keys()
    return VersionDiff(
        document_set=before.name,
        before=before.version,
        after=after.version,
        added=sorted(new.keys() - old.keys()),
        changed=sorted(id_ for id_ in common if old[id_] != new[id_]),
        removed=sorted(old.keys() - new.keys()),
        unchanged=sum(old[id_] == new[id_] for id_ in common),
        shaping=_shaping(before, after),
        chunks_before=before.chunks,
        chunks_after=after.chunks,
    )


def _shaping(before: SetInfo, after: SetInfo) -> list[str]:
    groups = (("model", before.model, after.model), ("chunking", before.chunking, after.chunking))
    found = [
        f"{group}.{name}: {getattr(old, name)} -> {getattr(new, name)}"
        for group, old, new in groups
        for name in type(old).model_fields
        if getattr(old, name) != getattr(new, name)
    ]
    if before.extraction != after.extraction:
        found.append(f"extraction: {before.extraction} -> {after.extraction}")
    return found
