from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from ingestion.errors import SourceError, UnreadableDocument
from ingestion.sources.fetching import content_hash, local_copy
from ingestion.sources.listing import list_files
from ingestion.sources.source import Source
from ingestion.sources.source_file import SourceFile

HERE = Path("/")
NAMES = ["a.md", "sub/b c.md", "sub/deep/ü.txt", "sub/x y?#%41.md", ".git/config", "sub/~$b.docx"]


@pytest.fixture
def stored(memory: str) -> str:
    filesystem = fsspec.filesystem("memory")
    for name in NAMES:
        filesystem.pipe(f"{memory}/{name}", f"words of {name}".encode())
    return memory


class Stubborn(MemoryFileSystem):  # type: ignore[misc]
    """Storage that does not let the folder `locked` be listed."""

    protocol = "stubborn"

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(MemoryFileSystem._strip_protocol(path.replace("stubborn://", "memory://")))

    def ls(self, path: str, detail: bool = True, **kwargs: Any) -> Any:
        if path.rstrip("/").endswith("/locked"):
            raise PermissionError(f"AccessDenied: {path}")
        return super().ls(path, detail=detail, **kwargs)


class Stamped(MemoryFileSystem):  # type: ignore[misc]
    """Storage that tells an ETag, and lists a bucket at once, as s3:// does."""

    protocol = "stamped"

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(MemoryFileSystem._strip_protocol(path.replace("stamped://", "memory://")))

    def ls(self, path: str, detail: bool = True, **kwargs: Any) -> Any:
        raise AssertionError("a bucket is listed whole")

    def info(self, path: str, **kwargs: Any) -> dict[str, Any]:
        details: dict[str, Any] = super().info(path, **kwargs)
        if details["type"] == "file":
            details["ETag"] = hashlib.md5(self.store[details["name"]].getvalue()).hexdigest()
        return details

    def find(self, path: str, *args: Any, **kwargs: Any) -> Any:
        found = sorted(name for name in self.store if name.startswith(f"{path}/"))
        return {**{name: self.info(name) for name in found}, f"{path}/empty/": {}}


@pytest.fixture(autouse=True)
def _registered() -> None:
    for kind in (Stubborn, Stamped):
        fsspec.register_implementation(kind.protocol, kind, clobber=True)


def ids(url: str, **fields: Any) -> list[str]:
    return [file.document_id for file in list_files(Source(url=url, **fields), HERE)]


def test_a_folder_is_listed_with_ids_below_it(stored: str) -> None:
    files = list_files(Source(url=f"{stored}/", prefix="kb/"), HERE)
    assert [file.document_id for file in files] == [
        "kb/a.md",
        "kb/sub/b c.md",
        "kb/sub/deep/ü.txt",
        "kb/sub/x y?#%2541.md",
    ]
    assert files[0].url == f"{stored}/a.md"
    assert files[0].size == len("words of a.md")
    assert files[0].stamp is None
    assert {file.source for file in files} == {stored}


def test_globs_and_single_files(stored: str) -> None:
    assert ids(f"{stored}/*") == ["a.md"]
    assert ids(f"{stored}/sub/**/*.txt") == ["deep/ü.txt"]
    assert ids(f"{stored}/**", exclude=("sub",)) == ["a.md"]
    assert ids(f"{stored}/sub/b c.md") == ["b c.md"]


def test_every_listed_file_can_be_fetched(stored: str) -> None:
    for file in list_files(Source(url=stored), HERE):
        with local_copy(file) as path:
            read = path.read_text("utf-8")
        assert read.startswith("words of")
        assert not path.exists()


def test_a_folder_whose_neighbour_begins_alike_is_not_mixed_up(stored: str) -> None:
    before = ids(f"{stored}/sub")
    fsspec.filesystem("memory").pipe(f"{stored}/submarine.md", b"x")
    assert ids(f"{stored}/sub") == before
    assert "b c.md" in before


def test_nothing_there(stored: str) -> None:
    with pytest.raises(SourceError, match=r"none: nothing is there .* check the bucket"):
        ids(f"{stored}/none")
    with pytest.raises(SourceError, match=r"\*\.pdf: no files there"):
        ids(f"{stored}/*.pdf")


def test_a_folder_within_that_cannot_be_listed_stops_the_sync(stored: str) -> None:
    fsspec.filesystem("memory").pipe(f"{stored}/sub/locked/z.md", b"x")
    root = stored.replace("memory://", "stubborn://")
    with pytest.raises(SourceError, match=r"refused \(PermissionError: AccessDenied: .*locked"):
        ids(root)
    assert ids(f"{root}/*.md") == ["a.md"]  # the glob leads nowhere near it


def test_the_stores_own_mark_of_the_content_changes_with_it(stored: str) -> None:
    source = Source(url=stored.replace("memory://", "stamped://"))
    before = list_files(source, HERE)
    assert all(file.stamp and file.stamp.startswith("etag:") for file in before)
    fsspec.filesystem("memory").pipe(f"{stored}/a.md", b"other words!!")
    after = list_files(source, HERE)
    changed = [new.document_id for old, new in zip(before, after, strict=True) if old != new]
    assert changed == ["a.md"]
    (alone,) = list_files(Source(url=f"{source.url}/a.md"), HERE)
    assert alone.stamp == after[0].stamp


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nosuch://bucket", "nothing here reads nosuch://; use a folder, http(s)://, s3://"),
        ("s3://bucket/docs", "a package for s3:// is not installed; pip install s3fs"),
        ("abfs://box@a.dfs.core.windows.net/docs", "pip install adlfs"),
        ("gs://bucket", "pip install gcsfs"),
    ],
)
def test_what_no_installed_package_reads(
    monkeypatch: pytest.MonkeyPatch, url: str, said: str
) -> None:
    for package in ("s3fs", "adlfs", "gcsfs"):
        monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(SourceError) as caught:
        ids(url)
    assert str(caught.value).startswith(f"{url}: ")
    assert said in str(caught.value)


def test_options_that_a_filesystem_does_not_take() -> None:
    with pytest.raises(
        SourceError, match=r"cannot be opened .*; check the URL and the source's op"
    ):
        ids("dir://x", options={"no_such": 1})


def test_a_chained_url_reaches_no_local_file(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("x")
    with pytest.raises(SourceError):
        ids(f"simplecache::file://{tmp_path}/secret.txt")
    with pytest.raises(SourceError):
        ids(f"memory://::file://{tmp_path}/secret.txt")


def test_a_stored_file_that_is_gone_is_reported_by_its_name(memory: str) -> None:
    file = SourceFile("a.md", source=memory, url=f"{memory}/a.md")
    with pytest.raises(UnreadableDocument, match=r"a\.md: memory://.*nothing is there"):
        content_hash(file)
