"""Look everywhere an index could still hold a document, and say what was looked at."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from ingestion.index.filters import parse_filter
from ingestion.index.protocol import SetInfo, text_key
from ingestion.versions import unfinished
from ingestion.versions.catalogue import Catalogue
from ingestion.versions.holds import Hold, holds_of
from ingestion.versions.vectors_by_text import used_keys


class Probe(BaseModel):
    """One look.

    Attributes:
        where: what was looked at.
        looked_at: how, and at how much.
        found: what was found of the document; empty if nothing.
        live: whether answers come from there now.
        mend: what removes it.
    """

    where: str
    looked_at: str
    found: str = ""
    live: bool = False
    mend: str = ""


class DeletionProof(BaseModel):
    """All looks at a document's traces.

    Attributes:
        document: its id.
        document_set: the set.
        probes: every look, in order.
    """

    document: str
    document_set: str
    probes: list[Probe]

    @property
    def gone_from_answers(self) -> bool:
        """Whether nothing that answers come from holds it."""
        return not any(probe.found for probe in self.probes if probe.live)

    @property
    def gone(self) -> bool:
        """Whether nothing at all was found."""
        return not any(probe.found for probe in self.probes)


def probe_index(catalogue: Catalogue, name: str, document: str) -> DeletionProof:
    """Look for a document in every version of a set, kept, unfinished or only left on the disk.

    Raises:
        UnknownDocumentSet: no such set.
    """
    live = catalogue.live(name)
    probes: list[Probe] = []
    words = _words(catalogue, name, document)
    holds = holds_of(catalogue.store.records, name)
    for info in reversed(catalogue.versions(name)):
        of_version = [one for one in holds if one.number == info.number]
        is_live = info.number == live.number
        probes += _probe_version(catalogue, info, document, words, of_version, is_live=is_live)
    probes.append(_probe_unfinished(catalogue, name, document))
    probes.append(_probe_leftovers(catalogue, name))
    probes.append(_probe_vectors(catalogue, name, document))
    return DeletionProof(document=document, document_set=name, probes=probes)


def _probe_version(
    catalogue: Catalogue,
    info: SetInfo,
    document: str,
    words: str,
    holds: list[Hold],
    *,
    is_live: bool,
) -> Iterator[Probe]:
    serving = [one.holder for one in holds if one.in_use]
    live = is_live or bool(serving)
    notes = ["live"] if is_live else []
    notes += [f"served by {one.holder}" if one.in_use else f"held by {one.holder}" for one in holds]
    where = f"version {info.version}" + (f" ({', '.join(notes)})" if notes else "")
    collect = f"plumb index gc --set {info.name} --keep 1 --candidates --grace 0 --purge"
    if is_live:
        mend = "remove it from the source and sync"
    elif serving:
        mend = f"promote a release of a version without it in place of {', '.join(serving)}"
    else:
        mend = f"`{collect}{' --break-holds' if holds else ''}`"

    def probe(what: str, looked_at: str, found: str) -> Probe:
        return Probe(
            where=f"{where}: {what}",
            looked_at=looked_at,
            found=found,
            live=live,
            mend=mend if found else "",
        )

    opened = catalogue.store.open(info)
    rows = list(catalogue.manifest(info))
    listed = [row for row in rows if row.id == document and row.indexed]
    yield probe("source manifest", f"{len(rows)} documents", "listed" if listed else "")
    only = parse_filter({"document": document})
    count = opened.count(only)
    yield probe(
        "index", f"{info.chunks} chunks, by document id", f"{count} chunks" if count else ""
    )
    question = words or document
    keys = [hit.key for hit in opened.lexical(question, 100)]
    named = [chunk for chunk in opened.chunks(keys) if chunk.document_id == document]
    yield probe(
        "lexical search",
        f"the {len(keys)} best passages for its {'words' if words else 'name'}",
        f"{len(named)} passages" if named else "",
    )
    quoting = [
        chunk
        for chunk in opened.chunks(keys)
        if words and words in " ".join(chunk.text.split()) and chunk not in named
    ]
    if quoting:
        others = ", ".join(sorted({chunk.document_id for chunk in quoting})[:5])
        yield Probe(
            where=f"{where}: the same words elsewhere",
            looked_at=f"{len(keys)} passages",
            found=f"quoted by {others}",
            live=live,
            mend="these are documents of their own; remove them too if that is meant",
        )


def _words(catalogue: Catalogue, name: str, document: str) -> str:
    """Words of the document, from the last version that holds it; empty if none is left."""
    for info in reversed(catalogue.versions(name)):
        chunks = catalogue.store.open(info).chunks_of(document)
        if chunks:
            return " ".join(chunks[0].text.split()[:40])
    return ""


def _probe_unfinished(catalogue: Catalogue, name: str, document: str) -> Probe:
    staged = unfinished.read(catalogue.store.records, name)
    if staged is None:
        return Probe(where="unfinished version", looked_at="there is none")
    journal = unfinished.read_journal(catalogue.store.records, name, staged.number)
    held = document in journal.done
    return Probe(
        where="unfinished version",
        looked_at=f"version {staged.number}, begun {staged.began:%Y-%m-%d %H:%M} UTC",
        found="written there" if held else "",
        mend=f"`plumb index gc --set {name} --abandoned`" if held else "",
    )


def _probe_leftovers(catalogue: Catalogue, name: str) -> Probe:
    """Places that belong to no version, and rows that were deleted but are still in a file."""
    left = catalogue.store.leftovers(name, catalogue.versions(name))
    return Probe(
        where="left on the disk",
        looked_at=f"{len(catalogue.store.places(name))} tables, tags or collections",
        found="; ".join(left),
        mend=f"`plumb index gc --set {name} --grace 0 --purge`" if left else "",
    )


def _probe_vectors(catalogue: Catalogue, name: str, document: str) -> Probe:
    """Vectors kept by text: of the document's passages, and of texts that may have been its."""
    where = "vectors kept by text"
    keys = catalogue.store.vectors.keys(name)
    if not keys:
        return Probe(where=where, looked_at="the set has none")
    opened = [catalogue.store.open(info) for info in catalogue.versions(name)]
    passages = {text_key(c.indexed_text) for one in opened for c in one.chunks_of(document)} & keys
    unused = keys - used_keys(catalogue, name)
    found = [f"vectors of {len(passages)} passages"] if passages else []
    found += [f"{len(unused)} vectors of texts that no version holds"] if unused else []
    collect = f"`plumb index gc --set {name} --keep 1 --candidates --grace 0 --purge`"
    return Probe(
        where=where,
        looked_at=f"{len(keys)} vectors, by their texts' hashes",
        found="; ".join(found),
        mend=collect if found else "",
    )
