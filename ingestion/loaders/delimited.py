"""CSV and TSV: one document with one table, or one document per row."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ingestion.documents import Document
from ingestion.errors import EmptyDocument, UnreadableDocument
from ingestion.loaders.decoding import decode, stream_encoding
from ingestion.loaders.extraction import TextBuilder
from ingestion.loaders.records import LoadProblem, RecordFields, RecordReader
from ingestion.visibility import looks_like_groups, without_repeats

_DELIMITERS = ",;\t|"
_SAMPLE_CHARACTERS = 64 * 1024
_SAMPLE_ROWS = 50
# Python's default of 128 KB is less than an article in a cell.
_LONGEST_CELL = 64 * 1024 * 1024
# Excel's own hint in the first line.
_SEPARATOR_HINT = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)


def extract(data: bytes, name: str) -> TextBuilder:
    """The whole file as one table; lines of text above it become paragraphs."""
    decoded = decode(data, name)
    builder = TextBuilder()
    builder.metadata.update(decoded.metadata)
    rows = list(_rows(io.StringIO(decoded.text, newline="")))
    builder.table(rows)
    filled = next((row for row in rows if any(map(str.strip, row))), [])
    header = [cell.strip() for cell in filled]
    usual = RecordFields()
    if {usual.id, usual.text} <= set(header) and any(map(looks_like_groups, header)):
        builder.groups.hide(
            "it is read as one table and its records name groups; give the source `records`"
        )
    return builder


def read_records(
    path: Path, name: str, fields: RecordFields | None, source: str
) -> Iterator[Document | LoadProblem]:
    """One document per row, the first row naming the fields; one row in memory at a time.

    Raises:
        UnreadableDocument: the first row does not name the id and text fields.
        EmptyDocument: there are no rows under it.
    """
    names = fields or RecordFields()
    media_type = "text/tab-separated-values" if name.lower().endswith(".tsv") else "text/csv"
    reader = RecordReader(name, source, media_type, names)
    encoding = stream_encoding(path, name)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        rows = _rows(file)
        columns = [column.strip() for column in next(rows, [])]
        for wanted in (names.id, names.text):
            if wanted not in columns:
                raise UnreadableDocument(
                    f"{name}: there is no column {wanted!r}; name one of: {', '.join(columns)}"
                )
        restricted = any(map(looks_like_groups, columns))
        number = 0
        for number, row in enumerate(rows, 2):
            if any(map(str.strip, row)):
                filled = [(key, value) for key, value in zip(columns, row, strict=False) if value]
                record = without_repeats(filled)
                raw = json.dumps(dict(filled), sort_keys=True).encode()
                ragged = restricted and (len(row) < len(columns) or any(row[len(columns) :]))
                why = "its row has other columns than the first row, which names groups"
                yield reader.read(record, number, raw, hidden=why if ragged else "")
    if not number:
        raise EmptyDocument(f"{name}: holds no rows under its first; fill or remove it")


def _rows(file: io.TextIOBase) -> Iterator[list[str]]:
    csv.field_size_limit(_LONGEST_CELL)
    start = file.tell()
    sample = file.read(_SAMPLE_CHARACTERS)
    file.seek(start)
    hint = _SEPARATOR_HINT.match(sample)
    if hint:
        file.readline()
    return csv.reader(file, delimiter=hint[1] if hint else _delimiter(sample))


def _delimiter(sample: str) -> str:
    """The delimiter that cuts the sample into the most regular rows."""

    def regularity(delimiter: str) -> tuple[float, int]:
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
        widths = Counter(
            len(row) for row, _ in zip(reader, range(_SAMPLE_ROWS), strict=False) if row
        )
        if not widths:
            return 0.0, 0
        width, rows = widths.most_common(1)[0]
        return (rows / widths.total(), width) if width > 1 else (0.0, 0)

    return max(_DELIMITERS, key=regularity)
