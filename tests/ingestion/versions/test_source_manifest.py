"""What a version was made from, document by document."""

from __future__ import annotations

from pathlib import Path

from ingestion.index.file_records import FileRecords
from ingestion.versions import source_manifest
from ingestion.versions.source_manifest import ROWS, SourceDocument


def test_one_document_is_found_in_a_few_parts(tmp_path: Path) -> None:
    records = FileRecords(tmp_path)
    ids = [f"document-{number:05d}" for number in range(0, 2 * 7 * ROWS, 2)]
    rows = [SourceDocument(one, "hash", "source", one, "hash") for one in ids]
    source_manifest.save(records, "things", 3, rows)
    read: list[str] = []
    get = records.get

    def counted(key: str) -> str | None:
        read.append(key)
        return get(key)

    records.get = counted  # type: ignore[method-assign]
    for row in (rows[0], rows[-1], rows[ROWS - 1], rows[ROWS], rows[4321]):
        read.clear()
        assert source_manifest.find(records, "things", 3, row.id) == row
        assert len(read) <= 3
    for unknown in ("a", "document-00001", "document-09999", "z", ""):
        assert source_manifest.find(records, "things", 3, unknown) is None
    assert source_manifest.find(records, "things", 4, ids[0]) is None
    assert source_manifest.find(records, "others", 3, ids[0]) is None
