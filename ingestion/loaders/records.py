"""Records, one document each, from JSON Lines.

A record's text is kept character for character, so that evaluation labels made for it (answer
offsets) fit `Document.text` without translation.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ingestion.documents.document import Block, BlockKind, Document, Scalar
from ingestion.documents.visibility import GroupRule, looks_like_groups, without_repeats
from ingestion.errors import DocumentError, EmptyDocument, UnreadableDocument
from ingestion.loaders.cleaning import one_line
from ingestion.loaders.decoding import marked_encoding
from ingestion.loaders.front_matter import note_rules

MEDIA_TYPE = "application/jsonl"
# A line without an end must not fill the memory.
LONGEST_LINE = 256 * 1024 * 1024

_BLANK_LINE = re.compile(r"\n[^\S\n]*(?:\r?\n[^\S\n]*)+")
_INVALID = re.compile(r"[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class RecordFields:
    """Which fields of a record hold its id, title and text; the others become metadata."""

    id: str = "id"
    title: str | None = "title"
    text: str = "text"


@dataclass(frozen=True, slots=True)
class LoadProblem:
    """A record that cannot be a document; the records around it can.

    Attributes:
        document_id: the record's id, or `file:line` when it has none.
        error: what is wrong, for the user.
        restricted: see `DocumentError`.
    """

    document_id: str
    error: DocumentError
    restricted: bool = False

    @property
    def message(self) -> str:
        """The error's one line."""
        return str(self.error)


@dataclass(slots=True)
class RecordReader:
    """Turns records into documents, and notices ids that come twice.

    Attributes:
        name: the file's name in errors.
        source: where the file comes from.
        media_type: the file's.
        fields: which field is which; `None` for the usual names, `_id` among them.
    """

    name: str
    source: str
    media_type: str
    fields: RecordFields | None
    _seen: set[bytes] = field(default_factory=set)

    def read(
        self, record: Mapping[str, object], line: int, raw: bytes, hidden: str = ""
    ) -> Document | LoadProblem:
        """The document that a record on `line`, written as `raw`, makes.

        Args:
            record: its fields.
            line: the line that it begins on.
            raw: the bytes that tell whether it has changed.
            hidden: why its groups cannot be known, where that is so.
        """
        fields = self.fields or RecordFields(id="id" if "id" in record else "_id")
        where = f"{self.name}:{line}"
        document_id = _id(record.get(fields.id))
        if document_id is None:
            shown = fields.id if self.fields else "id"
            return self._missing(where, shown, record, line)
        text = record.get(fields.text)
        if not isinstance(text, str):
            return self._missing(document_id, fields.text, record, line)
        digest = hashlib.blake2b(document_id.encode(), digest_size=12).digest()
        if digest in self._seen:
            return self.problem(
                document_id, f"line {line}: the id {document_id!r} came before; make ids unique"
            )
        self._seen.add(digest)
        if not text.strip():
            error = EmptyDocument(
                f"{self.name}: line {line}: the field {fields.text!r} of record "
                f"{document_id!r} is empty; fill it or drop the record"
            )
            return LoadProblem(document_id, error, restricted=any(map(looks_like_groups, record)))
        taken = {fields.id, fields.text, fields.title}
        metadata, hidden = _metadata(record, taken, text, hidden)
        text = _INVALID.sub("\N{REPLACEMENT CHARACTER}", text)
        title = record.get(fields.title) if fields.title else None
        return Document(
            id=document_id,
            title=(one_line(title) if isinstance(title, str) else "") or document_id,
            text=text,
            blocks=paragraph_blocks(text),
            source=self.source,
            media_type=self.media_type,
            content_hash=hashlib.sha256(raw.strip()).hexdigest(),
            metadata=metadata,
            hidden=hidden,
        )

    def problem(self, document_id: str, message: str) -> LoadProblem:
        """A problem with one record."""
        return LoadProblem(document_id, UnreadableDocument(f"{self.name}: {message}"))

    def _missing(
        self, document_id: str, wanted: str, record: Mapping[str, object], line: int
    ) -> LoadProblem:
        there = ", ".join(sorted(map(str, record))) or "none"
        state = "is not usable" if wanted in record else "is missing"
        found = self.problem(
            document_id,
            f"line {line}: the field {wanted!r} {state}; name the right one of the fields that "
            f"are there: {one_line(there)[:300]}",
        )
        return replace(found, restricted=any(map(looks_like_groups, record)))


def read_records(
    path: Path, name: str, fields: RecordFields | None, source: str
) -> Iterator[Document | LoadProblem]:
    """The records of a JSON Lines file, one line in memory at a time.

    Raises:
        UnreadableDocument: it is JSON, but not in lines.
        EmptyDocument: it holds only blank lines.
    """
    reader = RecordReader(name, source, MEDIA_TYPE, fields)
    line = 0
    for number, raw in _lines(path):
        if not raw.strip():
            continue
        if not line and raw.strip() in (b"[", b"{", b"[{"):
            raise UnreadableDocument(
                f"{name}: is one JSON value over several lines, not one object per line; "
                "convert it (jq -c '.[]' for an array)"
            )
        line = number
        yield _read_line(raw, number, reader)
    if not line:
        raise EmptyDocument(f"{name}: holds no records; fill or remove it")


def paragraph_blocks(text: str) -> tuple[Block, ...]:
    """The paragraphs of `text` as blocks: what empty lines part."""
    blocks = []
    start = 0
    for end, after in [*(match.span() for match in _BLANK_LINE.finditer(text)), (len(text),) * 2]:
        piece = text[start:end]
        if not piece.isspace() and piece:
            first = start + len(piece) - len(piece.lstrip())
            blocks.append(Block(BlockKind.TEXT, first, start + len(piece.rstrip())))
        start = after
    return tuple(blocks)


def _read_line(raw: bytes, number: int, reader: RecordReader) -> Document | LoadProblem:
    where = f"{reader.name}:{number}"
    if len(raw) >= LONGEST_LINE:
        limit = f"longer than {LONGEST_LINE >> 20} MB; split the record"
        return reader.problem(where, f"line {number} is {limit}")
    try:
        record = json.loads(raw.decode(), object_pairs_hook=without_repeats)
    except UnicodeDecodeError:
        return reader.problem(where, f"line {number} is not UTF-8; save the file as UTF-8")
    except json.JSONDecodeError as error:
        place = f"{error.msg} at column {error.colno}"
        return reader.problem(where, f"line {number} is not valid JSON ({place}); fix the line")
    except (ValueError, RecursionError) as error:
        return reader.problem(where, f"line {number} cannot be parsed ({error}); fix the line")
    if not isinstance(record, dict):
        kind = type(record).__name__
        return reader.problem(where, f"line {number} is a JSON {kind}, not an object; fix it")
    return reader.read(record, number, raw)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Numbered lines as UTF-8; of an overlong line, only the start."""
    with path.open("rb") as file:
        marked = marked_encoding(file.read(4))
    if marked and marked != "utf-8-sig":
        with path.open(encoding=marked, errors="replace", newline="\n") as text:
            for number, line in enumerate(text, 1):
                yield number, line.encode()
        return
    with path.open("rb") as file:
        if marked:
            file.seek(3)
        number = 0
        while raw := file.readline(LONGEST_LINE):
            number += 1
            yield number, raw
            while len(raw) == LONGEST_LINE and not raw.endswith(b"\n"):
                raw = file.readline(LONGEST_LINE)


def _id(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return _INVALID.sub("\N{REPLACEMENT CHARACTER}", str(value)).strip() or None


def _metadata(
    record: Mapping[str, object], taken: set[str | None], text: str, hidden: str
) -> tuple[dict[str, Scalar | list[str]], str]:
    """A record's other fields, as far as they can be filtered by; nested ones are left out.

    And why nobody who is bound to groups sees it, if that is so.
    """
    kept: dict[str, Scalar | list[str]] = {}
    groups = GroupRule()
    if hidden:
        groups.hide(hidden)
    for key, value in record.items():
        if key in taken:
            continue
        if groups.read(key, value):
            continue
        if isinstance(value, str):
            kept[key] = _INVALID.sub("\N{REPLACEMENT CHARACTER}", value)
        elif isinstance(value, float):
            if math.isfinite(value):
                kept[key] = value
        elif isinstance(value, bool | int):
            kept[key] = value
        elif isinstance(value, list) and value and all(isinstance(item, str) for item in value):
            kept[key] = [_INVALID.sub("\N{REPLACEMENT CHARACTER}", item) for item in value]
    note_rules(text, groups)
    return kept, groups.apply(kept)
