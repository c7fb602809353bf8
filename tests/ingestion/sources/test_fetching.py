from __future__ import annotations

import contextlib
import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import fsspec
import pytest

from ingestion.errors import UnreadableDocument
from ingestion.sources import fetching
from ingestion.sources.fetching import content_hash, local_copy
from ingestion.sources.source_file import SourceFile


def file_at(url: str, document_id: str = "a.md", **fields: Any) -> SourceFile:
    return SourceFile(document_id, source="s", url=url, networks=("127.0.0.1",), **fields)


def test_a_local_file_is_read_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a b%41.md"
    path.write_bytes(b"text")
    for url in (str(path), path.as_uri()):
        with local_copy(file_at(url)) as copy:
            assert copy == path
        assert content_hash(file_at(url)) == hashlib.sha256(b"text").hexdigest()
    assert path.exists()


def test_a_stored_file_is_copied_whole_and_removed_after(memory: str, tmp_path: Path) -> None:
    data = bytes(range(256)) * 20_000  # several blocks
    fsspec.filesystem("memory").pipe(f"{memory}/a.PDF", data)
    file = file_at(f"{memory}/a.PDF", "kb/a.PDF")
    with local_copy(file, tmp_path) as copy:
        assert copy.parent == tmp_path
        assert copy.suffix == ".PDF"
        assert copy.read_bytes() == data
    assert list(tmp_path.iterdir()) == []
    assert content_hash(file) == hashlib.sha256(data).hexdigest()


def test_the_copy_is_removed_when_reading_it_fails(memory: str, tmp_path: Path) -> None:
    fsspec.filesystem("memory").pipe(f"{memory}/a.md", b"x")
    with pytest.raises(RuntimeError), local_copy(file_at(f"{memory}/a.md"), tmp_path):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_page_is_fetched_with_the_suffix_of_its_format(web: Any, page: Any) -> None:
    web.pages["/old"] = page(status=302, headers={"Location": "/new"})
    web.pages["/new"] = page(b"<p>text")
    file = file_at(web.url("/old"), web.url("/old"), format_name="page.html")
    with local_copy(file) as copy:
        assert (copy.suffix, copy.read_bytes()) == (".html", b"<p>text")
    assert content_hash(file) == hashlib.sha256(b"<p>text").hexdigest()


def test_pages_are_asked_for_as_they_are(web: Any, page: Any) -> None:
    """A compressed answer has another size than the listing tells, and no limit."""
    web.pages["/a"] = page(b"x")
    content_hash(file_at(web.url("/a")))
    assert web.headers[-1]["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("by", ["copy", "hash"])
def test_what_is_too_large_is_broken_off(
    web: Any, page: Any, memory: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, by: str
) -> None:
    def copied(file: SourceFile) -> None:
        with local_copy(file, tmp_path):
            pytest.fail("it was fetched")

    read = {"copy": copied, "hash": content_hash}[by]
    monkeypatch.setattr(fetching, "LARGEST_FILE", 3 << 20)
    data = b"x" * (4 << 20)
    web.pages["/a.jsonl"] = page(data)
    fsspec.filesystem("memory").pipe({f"{memory}/a.md": data, f"{memory}/a.jsonl": data})
    for url in (web.url("/a.jsonl"), f"{memory}/a.md"):
        name = url.rpartition("/")[2]
        with pytest.raises(UnreadableDocument, match=rf"^{name}: more than the 3 MB .*split it"):
            read(file_at(url, name))
    assert list(tmp_path.iterdir()) == []
    # Records in storage are read line by line, and may be as many as they like.
    assert content_hash(file_at(f"{memory}/a.jsonl", "a.jsonl")) == hashlib.sha256(data).hexdigest()


def test_what_cannot_be_fetched_is_reported_with_its_mend(
    web: Any, page: Any, memory: str, tmp_path: Path
) -> None:
    web.pages["/slow"] = page(endless=True)
    for file, said in (
        (file_at(str(tmp_path / "no.md"), "no.md"), "no.md: cannot be read: No such file"),
        (file_at(str(tmp_path), "no.md"), "no.md: cannot be read: Is a directory"),
        (file_at("file://host/no.md", "no.md"), "no.md: file://host/no.md names the machine"),
        (file_at(web.url("/no")), f"{web.url('/no')}: the server answered 404 Not Found; check"),
        (file_at(web.url("/slow"), options={"timeout_s": 0.2}), "no answer in time; try again"),
        (file_at(f"{memory}/no.md"), f"a.md: {memory}/no.md: nothing is there"),
        (file_at("nosuch://x"), "nosuch://x: nothing here reads nosuch://"),
    ):
        with pytest.raises(UnreadableDocument) as caught:
            content_hash(file)
        assert said in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_body_that_ends_too_early(web: Any, page: Any) -> None:
    web.pages["/cut"] = page(b"half", headers={"Content-Length": "8"}, closes=True)
    with pytest.raises(UnreadableDocument, match=r"/cut: .*check the address and the network"):
        content_hash(file_at(web.url("/cut")))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("size", [1, 1 << 22])  # met by the last flush, or while writing
def test_no_room_for_a_copy(memory: str, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    fsspec.filesystem("memory").pipe(f"{memory}/a.md", b"x" * size)
    with monkeypatch.context() as patched:
        patched.setattr(tempfile, "NamedTemporaryFile", Full)
        copy = local_copy(file_at(f"{memory}/a.md"))
        with pytest.raises(UnreadableDocument, match=r"a\.md: no room for a copy \(No space left"):
            copy.__enter__()


class Full:
    """A temporary file on a disk that is full."""

    def __init__(self, **_: object) -> None:
        self.name = "/dev/full"
        self._file = Path(self.name).open("wb")  # noqa: SIM115

    def __enter__(self) -> Full:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._file.close()

    def write(self, data: bytes) -> None:
        self._file.write(data)

    def flush(self) -> None:
        self._file.flush()


def test_a_worker_that_reads_local_files_loads_nothing_heavy() -> None:
    code = (
        "import sys, ingestion.sources.fetching\n"
        "print([name for name in ('torch', 'numpy', 'fsspec', 'httpx', 'pydantic')"
        " if name in sys.modules])"
    )
    root = Path(__file__).resolve().parents[3]
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"
