"""CSV and TSV: one document with one table, or one document per row."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

from ingestion.documents.document import Document
from ingestion.documents.visibility import looks_like_groups, without_repeats
from ingestion.errors import EmptyDocument, UnreadableDocument
from ingestion.loaders.decoding import decode, stream_encoding
from ingestion.loaders.delimited_rows import read_rows
from ingestion.loaders.extraction import TextBuilder
from ingestion.loaders.records import LoadProblem, RecordFields, RecordReader

# The names of the columns may stand below some lines of text.
_MOST_ROWS_ABOVE = 50


def extract(data: bytes, name: str) -> TextBuilder:
    """The whole file as one table; lines of text above it become paragraphs."""
    decoded = decode(data, name)
    builder = TextBuilder()
    builder.metadata.update(decoded.metadata)
    remarks, table = _parted(decoded.text)
    rows = list(read_rows(io.StringIO(table, newline="")))
    for remark in remarks:
        builder.paragraph(remark)
    builder.table(rows, has_merged_cells=False)
    usual = RecordFields()
    for row in rows[:_MOST_ROWS_ABOVE]:
        header = [cell.strip() for cell in row]
        if {usual.id, usual.text} <= set(header) and any(map(looks_like_groups, header)):
            builder.groups.hide(
                "it is read as one table and its records name groups; give the source `records`"
            )
    return builder


def _parted(text: str) -> tuple[list[str], str]:
    """Remarks above a table, each behind a number sign, and the table."""
    if not text.startswith("# "):
        return [], text
    lines = io.StringIO(text, newline="")
    remarks: list[str] = []
    start = 0
    for line in lines:
        if not line.startswith("#"):
            break
        remarks.append(line)
        start += len(line)
    else:
        return [], text
    # The last one may hold the names of the columns.
    names = next(read_rows(io.StringIO(remarks[-1] + line, newline="")), [])
    if len(names) > 1 and len(names) == len(next(read_rows(io.StringIO(line, newline="")), [])):
        start -= len(remarks.pop())
    return [remark.lstrip("# ") for remark in remarks], text[start:]


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
        rows = read_rows(file)
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
