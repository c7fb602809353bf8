"""Sources that fsspec opens."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from ingestion.errors import SourceError
from ingestion.loaders import RecordFields
from ingestion.sources.listing import list_files
from ingestion.sources.source import Source
from ingestion.sources.source_file import SourceFile


@pytest.fixture
def stored(memory: fsspec.AbstractFileSystem) -> fsspec.AbstractFileSystem:
    for name in ["a.md", "sub/b.md", "sub/ü x?#.txt", ".hidden/c.md", "sub/~$d.md"]:
        memory.pipe(f"/bucket/{name}", name.encode())
    memory.pipe("/bucket2/z.md", b"z")
    return memory


def ids(source: Source) -> list[str]:
    return [file.document_id for file in list_files(source, Path("/nowhere"))]


@pytest.mark.usefixtures("stored")
def test_a_folder() -> None:
    fields = RecordFields(id="no")
    source = Source(url="memory://bucket/", prefix="p/", records=fields, exclude=["*.txt"])
    assert list_files(source, Path()) == [
        SourceFile("p/a.md", "memory://bucket", "memory://bucket/a.md", 4, records=fields),
        SourceFile("p/sub/b.md", "memory://bucket", "memory://bucket/sub/b.md", 8, records=fields),
    ]


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("memory://bucket", ["a.md", "sub/b.md", "sub/ü x?#.txt"]),
        ("memory:///bucket/*", ["a.md"]),
        ("memory://bucket/**/*.md", ["a.md", "sub/b.md"]),
        ("memory://buck*/?.md", ["bucket/a.md", "bucket2/z.md"]),
        ("memory://bucket/sub/b.md", ["b.md"]),
        ("memory://bucket/.hidden/c.md", ["c.md"]),
    ],
)
def test_ids_are_relative_to_the_folder(url: str, expected: list[str]) -> None:
    assert ids(Source(url=url)) == expected


@pytest.mark.usefixtures("stored")
def test_nothing_found() -> None:
    with pytest.raises(SourceError, match=r"memory://nothing: nothing is there .*check the bucket"):
        ids(Source(url="memory://nothing"))
    with pytest.raises(SourceError, match=r"memory://bucket/\*\.pdf: no files there"):
        ids(Source(url="memory://bucket/*.pdf"))


class Versioned(MemoryFileSystem):
    """Storage that marks content, as S3 does; and that refuses one folder."""

    protocol = "versioned"

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(super()._strip_protocol(path.replace("versioned://", "memory://")))

    def ls(self, path: str, detail: bool = True, **kwargs: Any) -> Any:
        if path.endswith("locked"):
            raise PermissionError("Access Denied")
        found = super().ls(path, detail=True, **kwargs)
        for item in found:
            if item["type"] == "file":
                item["ETag"] = f'"{len(self.cat(item["name"]))}"'
                item["VersionId"] = "null"
        return found if detail else [item["name"] for item in found]


@pytest.mark.usefixtures("stored")
def test_the_stores_own_mark_is_the_stamp() -> None:
    fsspec.register_implementation("versioned", Versioned, clobber=True)
    stamps = {
        file.document_id: file.stamp
        for file in list_files(Source(url="versioned://bucket"), Path())
    }
    assert stamps == {"a.md": 'etag:"4"', "sub/b.md": 'etag:"8"', "sub/ü x?#.txt": 'etag:"15"'}


def test_a_folder_that_cannot_be_listed_stops_the_listing(
    stored: fsspec.AbstractFileSystem,
) -> None:
    """fsspec's own walk would leave it out, and its documents would look deleted."""
    fsspec.register_implementation("versioned", Versioned, clobber=True)
    stored.pipe("/bucket/locked/x.md", b"x")
    with pytest.raises(SourceError, match=r"versioned://bucket: refused .*Access Denied"):
        ids(Source(url="versioned://bucket"))


def test_a_protocol_nobody_knows() -> None:
    with pytest.raises(SourceError, match="nothing here reads gopher://"):
        ids(Source(url="gopher://docs"))


@pytest.mark.parametrize(
    ("url", "package"),
    [("s3://b/docs", "s3fs"), ("az://c/docs", "adlfs"), ("gs://b/docs", "gcsfs")],
)
def test_a_package_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, url: str, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)  # whether it is installed here or not
    with pytest.raises(SourceError, match=f"{url}: .*not installed; pip install {package}"):
        ids(Source(url=url))


def test_options_that_the_store_does_not_take() -> None:
    with pytest.raises(SourceError, match=r"local_fs://x|nothing here reads"):
        ids(Source(url="local_fs://x", options={"what": 1}))
