"""What a version was made from: every document of the source, with the hash of its content."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from ingestion.index.records import Records
from ingestion.versions import numbered

ROWS = 1000
# How the reason begins for which nobody who is bound to groups sees a document.
HIDDEN = "only who sees all documents finds it"


class SourceDocument(NamedTuple):
    """A document as its source held it when a version was made.

    Attributes:
        id: the document's id in its set.
        hash: SHA-256 (hex) of its content; of a document that could not be indexed, of its file.
        source: key of the source that lists its file.
        file: the file's name in the source; one file may hold many documents (JSONL).
        file_hash: SHA-256 (hex) of the file; after a plus sign, how it was read: see `sync.read_as`.
        stamp: the source's own mark of the file's content, where it has one.
        chunks: how many chunks it was cut into; 0 if it is not in the index.
        problem: why it could not be indexed, or why it is hidden; empty if neither is so.
        dropped: words that its loader left out on purpose, by reason; None: it was read by code that did
            not keep them.
    """

    id: str
    hash: str
    source: str
    file: str
    file_hash: str
    stamp: str | None = None
    chunks: int = 0
    problem: str = ""
    dropped: dict[str, int] | None = None

    @property
    def hidden(self) -> bool:
        """Whether it is indexed and hidden from everyone who is bound to groups."""
        return self.indexed and self.problem.startswith(f"{self.id}: {HIDDEN}")

    @property
    def indexed(self) -> bool:
        """Whether the version holds it: perhaps as it was before its problem."""
        return self.chunks > 0


def pack(rows: Iterable[SourceDocument]) -> str:
    """Rows as a short text for `Records`."""
    text = json.dumps(list(rows), ensure_ascii=True, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode(), 6)).decode()


def unpack(packed: str) -> list[SourceDocument]:
    """The rows behind `pack`."""
    rows = json.loads(zlib.decompress(base64.b64decode(packed)))
    return [SourceDocument(*row) for row in rows]


def save(records: Records, name: str, number: int, rows: Iterable[SourceDocument]) -> None:
    """Keep a version's manifest."""
    remaining = iter(sorted(rows, key=lambda row: row.id))
    part = 0
    while some := list(islice(remaining, ROWS)):
        records.put(numbered.key("manifests", name, number, part), pack(some))
        part += 1


def find(records: Records, name: str, number: int, document_id: str) -> SourceDocument | None:
    """A version's row of one document; None if it has none.

    Rows are sorted by document id, so that only a few parts of a long manifest are read.
    """
    parts = numbered.parts(records, "manifests", name).get(number, [])
    first, after = 0, len(parts)
    while first < after:
        middle = (first + after) // 2
        packed = records.get(numbered.key("manifests", name, number, parts[middle]))
        if packed is None:  # the version is being removed
            return None
        rows = unpack(packed)
        if document_id < rows[0].id:
            after = middle
        elif document_id > rows[-1].id:
            first = middle + 1
        else:
            return next((row for row in rows if row.id == document_id), None)
    return None


def load(records: Records, name: str, number: int) -> Iterator[SourceDocument]:
    """A version's manifest, sorted by document id."""
    for part in numbered.parts(records, "manifests", name).get(number, []):
        packed = records.get(numbered.key("manifests", name, number, part))
        if packed is not None:
            yield from unpack(packed)
