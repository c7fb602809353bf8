"""Load one file: pick its loader, run it, and turn what it extracted into documents."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from ingestion.documents.document import Document
from ingestion.documents.visibility import GROUPS
from ingestion.errors import DocumentError, EmptyDocument, UnreadableDocument
from ingestion.loaders.extraction import TextBuilder
from ingestion.loaders.files import printable, reason
from ingestion.loaders.formats import HEAD_BYTES, Container, Format, check_content, format_of
from ingestion.loaders.front_matter import LONGEST_FRONT_MATTER, may_name_groups, note_rules
from ingestion.loaders.losses import DROPPED
from ingestion.loaders.records import LoadProblem, RecordFields
from ingestion.loaders.storable_document import LONGEST_ID, storable, valid
from ingestion.loaders.titles import stated_title, title_from_name

# Formats that are parsed whole are held in memory several times over.
LARGEST_FILE = 512 * 1024 * 1024
# Loaders that look for front matter in the text as it was written, not as it was extracted.
_READ_BEFORE = ("markdown", "html")


class DocumentLoader(Protocol):
    """A module that reads a file as one document."""

    def extract(self, data: bytes, name: str) -> TextBuilder:
        """What the bytes hold; `name` is what to call the file in an error."""


class RecordLoader(Protocol):
    """A module that reads a file as one document per record, in constant memory."""

    def read_records(
        self, path: Path, name: str, fields: RecordFields | None, source: str
    ) -> Iterator[Document | LoadProblem]:
        """The file's records in order; a bad one is a problem among them."""


def load(
    path: Path,
    document_id: str,
    *,
    records: RecordFields | None = None,
    source: str | None = None,
    format_name: str | None = None,
) -> Iterator[Document | LoadProblem]:
    """The documents in the file at `path`: one, or one per record of JSONL.

    Args:
        path: the file.
        document_id: what to call the document; its suffix decides the format. Records have ids
            of their own.
        records: which fields of a record are which. `None` means the usual names for JSONL, and
            that a CSV or TSV file is one document with one table.
        source: where the file comes from, for people; by default `path`.
        format_name: a file name whose suffix decides the format where `document_id` has none.

    Yields:
        Documents; and for each record that cannot be one, a `LoadProblem`, so that the rest of
        the file is not lost.

    Raises:
        DocumentError: the file as a whole cannot be read. Whatever a parser raises is its cause.
    """
    source = source if source is not None else printable(os.fspath(path))
    expected = format_of(format_name or document_id)
    try:
        with path.open("rb") as file:
            check_content(file.read(HEAD_BYTES), expected, document_id)
        if _in_records(expected, records):
            reader = cast("RecordLoader", _module(expected))
            for item in reader.read_records(path, document_id, records, source):
                yield _stored(item)
        else:
            yield storable(_load_whole(path, document_id, expected, source))
    except DocumentError as error:
        error.restricted = error.restricted or _may_be_restricted(path, expected)
        raise
    except OSError as error:
        raise UnreadableDocument(
            f"{document_id}: cannot be read: {reason(error)}; check the file and its permissions"
        ) from error
    except Exception as error:
        detail = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise UnreadableDocument(
            f"{document_id}: broken or not a real {path.suffix or expected.media_type} file "
            f"({detail}); open and save it again, or remove it"
        ) from error


def _stored(item: Document | LoadProblem) -> Document | LoadProblem:
    if isinstance(item, LoadProblem):
        return replace(item, document_id=valid(item.document_id))
    try:
        return storable(item)
    except DocumentError as error:
        restricted = GROUPS in item.metadata
        return LoadProblem(valid(item.id[:LONGEST_ID]), error, restricted=restricted)


def _may_be_restricted(path: Path, expected: Format) -> bool:
    """Whether a file that cannot be read names groups, as far as can be guessed."""
    if expected.container is not Container.TEXT:
        return False
    try:
        with path.open("rb") as file:
            head = file.read(LONGEST_FRONT_MATTER)
    except OSError:
        return False
    return may_name_groups(head.replace(b"\0", b"").decode("utf-8", "replace"))


def holds_records(name: str, records: RecordFields | None) -> bool:
    """Whether a file of this name is read record by record, in constant memory.

    Raises:
        UnsupportedFormat: there is no loader for it.
    """
    return _in_records(format_of(name), records)


def _in_records(expected: Format, records: RecordFields | None) -> bool:
    return expected.module == "records" or (records is not None and expected.module == "delimited")


def _load_whole(path: Path, document_id: str, expected: Format, source: str) -> Document:
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise UnreadableDocument(
            f"{document_id}: {size >> 20} MB is more than the {LARGEST_FILE >> 20} MB that one "
            "document may have; split it"
        )
    data = path.read_bytes()
    loader = cast("DocumentLoader", _module(expected))
    extracted = loader.extract(data, document_id)
    text, blocks = extracted.result()
    if not text:
        raise EmptyDocument(f"{document_id}: there is no text in it; fill or remove it")
    if expected.module not in _READ_BEFORE:
        note_rules(text, extracted.groups)
    hidden = extracted.groups.apply(extracted.metadata)
    if dropped := extracted.losses.lines():
        extracted.metadata[DROPPED] = dropped
    return Document(
        id=document_id,
        title=stated_title(extracted.title)
        or extracted.first_heading
        or title_from_name(document_id),
        text=text,
        blocks=blocks,
        source=source,
        media_type=expected.media_type,
        content_hash=hashlib.sha256(data).hexdigest(),
        metadata=extracted.metadata,
        hidden=hidden,
    )


def _module(expected: Format) -> object:
    return import_module(f"ingestion.loaders.{expected.module}")
