"""Files that stop their parser, and a look at the worker processes from outside."""

from __future__ import annotations

import os
import select
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest

from ingestion.sources.source_file import SourceFile

PATIENCE_MS = 20_000


@pytest.fixture(autouse=True)
def copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the workers' folders are made; none may be left."""
    folder = tmp_path / "copies"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


@pytest.fixture
def source(tmp_path: Path) -> Callable[..., SourceFile]:
    """Writes a file (unless it is there) and lists it as a source would."""

    def listed(name: str, content: bytes | str | None = None) -> SourceFile:
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return SourceFile(document_id=name, source="test", url=str(path))

    return listed


class HangingFile:
    """A named pipe: a worker that opens it hangs, and the holder of the other end sees that."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.file = SourceFile(document_id=path.name, source="test", url=str(path))
        self._path = path
        self._end = -1

    def wait_for_reader(self) -> None:
        """Return once a worker reads it."""
        self._end = os.open(self._path, os.O_WRONLY)

    def reader_is_gone(self) -> bool:
        """Wait until the process that read it has ended."""
        waiting = select.poll()
        waiting.register(self._end, 0)
        return bool(waiting.poll(PATIENCE_MS))

    def close(self) -> None:
        if self._end >= 0:
            os.close(self._end)


@pytest.fixture
def hanging(tmp_path: Path) -> Iterator[HangingFile]:
    pipe = HangingFile(tmp_path / "hanging.txt")
    yield pipe
    pipe.close()


@pytest.fixture
def workers() -> Callable[[], list[int]]:
    """The process ids of this process's workers."""

    def now() -> list[int]:
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                parent = int(process.joinpath("stat").read_text().rpartition(")")[2].split()[1])
                command = process.joinpath("cmdline").read_bytes()
            except OSError:  # it has ended meanwhile
                continue
            if parent == os.getpid() and b"ingestion.parsing.worker" in command:
                found.append(int(process.name))
        return sorted(found)

    return now


@pytest.fixture(scope="session")
def endless_workbook() -> bytes:
    """A small XLSX file with so many rows that parsing it takes minutes."""
    from openpyxl import Workbook

    written = BytesIO()
    Workbook().save(written)
    row = '<row><c t="inlineStr"><is><t>a cell with some words</t></is></c></row>'
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f"{row * 400_000}</sheetData></worksheet>"
    )
    made = BytesIO()
    with zipfile.ZipFile(written) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            is_sheet = name == "xl/worksheets/sheet1.xml"
            new.writestr(name, sheet if is_sheet else old.read(name), compresslevel=1)
    return made.getvalue()
