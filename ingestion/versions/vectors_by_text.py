"""Vectors kept by text go with the versions that needed them.

A set's vectors are of texts of its versions, and of what broken-off syncs embedded. A vector tells
of its text, and a hash lets a guessed text be confirmed; so both go when the text does.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingestion.errors import UnknownVersion
from ingestion.index.protocol import SetInfo, text_key
from ingestion.versions.catalogue import Catalogue


def used_keys(catalogue: Catalogue, name: str) -> set[bytes]:
    """The keys of all texts that the kept versions of a set hold."""
    return {
        text_key(text)
        for info in catalogue.versions(name)
        for text in catalogue.store.open(info).texts()
    }


def forget_unused(catalogue: Catalogue, name: str) -> None:
    """Remove a set's vectors of texts that none of its kept versions holds. Reads all texts."""
    keys = catalogue.store.vectors.keys(name)
    if keys:
        catalogue.store.vectors.remove(name, keys - used_keys(catalogue, name))


def forget_with_version(catalogue: Catalogue, info: SetInfo, kept: Sequence[SetInfo]) -> None:
    """Remove the vectors of texts that only a version holds that is about to be removed.

    Quick, since it reads only the documents that differ from the next kept version; what it takes
    away beyond that is embedded again when it is needed.

    Args:
        info: the version, which can still be opened.
        kept: the set's versions that stay, oldest first.
    """
    later = [one for one in kept if one.number > info.number]
    successor = later[0] if later else kept[-1] if kept else None
    stays = {(row.id, row.hash) for row in catalogue.manifest(successor)} if successor else set()
    gone = [
        row.id
        for row in catalogue.manifest(info)
        if row.indexed and (row.id, row.hash) not in stays
    ]
    if not gone:
        return
    try:
        keys = _keys_of(catalogue, info, gone)
        if successor is not None:
            keys -= _keys_of(catalogue, successor, gone)
    except UnknownVersion:  # its place is lost; `forget_unused` needs none
        return
    catalogue.store.vectors.remove(info.name, keys)


def _keys_of(catalogue: Catalogue, info: SetInfo, document_ids: Sequence[str]) -> set[bytes]:
    chunks = catalogue.store.open(info).chunks_of_all(document_ids)
    return {text_key(chunk.indexed_text) for of_one in chunks.values() for chunk in of_one}
