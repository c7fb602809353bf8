"""DOCX and XLSX are ZIP files: give them the same bytes on every run.

Entries keep their order and get the document's date as time stamp. Another zlib may still
compress them to other bytes; what is inside stays the same, and `unpacked` compares that.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")


def settle(path: Path, when: date) -> None:
    """Rewrite the ZIP file at `path` without any trace of the time it was made."""
    with ZipFile(path) as archive:
        entries = [(name, archive.read(name)) for name in archive.namelist()]
    with ZipFile(path, "w") as archive:
        for name, content in entries:
            if name == "docProps/core.xml":
                stamp = f"{when.isoformat()}T00:00:00Z".encode()
                content = _MODIFIED.sub(rb"\g<1>" + stamp + rb"\g<2>", content)
            entry = ZipInfo(name, (when.year, when.month, when.day, 0, 0, 0))
            archive.writestr(entry, content, ZIP_DEFLATED, compresslevel=9)


def unpacked(path: Path) -> bytes:
    """What the ZIP file at `path` holds: names, time stamps and uncompressed contents."""
    with ZipFile(path) as archive:
        return b"".join(
            repr((entry.filename, entry.date_time)).encode() + archive.read(entry)
            for entry in archive.infolist()
        )
