"""Sources on this machine: folders, files, globs, file://."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingestion.errors import SourceError
from ingestion.loaders import RecordFields, find_files
from ingestion.sources.listing import list_files
from ingestion.sources.source import Source
from ingestion.sources.source_file import SourceFile

NAMES = ["a.md", "sub/b.md", "sub/deep/c.txt", "sub/deep/d.md", "Größe 1.md", ".git/e.md", "~$f.md"]


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    for name in NAMES:
        file = tmp_path / "docs" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name, encoding="utf-8")
    return tmp_path / "docs"


def ids(files: list[SourceFile]) -> list[str]:
    return [file.document_id for file in files]


def test_a_folder_has_the_ids_that_find_files_gives(docs: Path) -> None:
    files = list_files(Source(url="docs"), docs.parent)
    assert ids(files) == sorted(found.document_id for found in find_files(docs))
    assert ids(files) == ["Größe 1.md", "a.md", "sub/b.md", "sub/deep/c.txt", "sub/deep/d.md"]
    first = files[1]
    assert first == SourceFile("a.md", "docs", str(docs / "a.md"), size=4)


def test_one_file_and_prefix_and_records(docs: Path) -> None:
    fields = RecordFields(id="no")
    source = Source(url=str(docs / "sub" / "b.md"), prefix="guide/", records=fields)
    [file] = list_files(source, Path("/nowhere"))
    assert (file.document_id, file.records) == ("guide/b.md", fields)
    assert file.source == source.key == str(docs / "sub" / "b.md")


@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        ("docs/*.md", ["Größe 1.md", "a.md"]),
        ("docs/**/*.md", ["Größe 1.md", "a.md", "sub/b.md", "sub/deep/d.md"]),
        ("docs/sub/**", ["b.md", "deep/c.txt", "deep/d.md"]),
        ("docs/*/deep/?.*", ["sub/deep/c.txt", "sub/deep/d.md"]),
        ("d*/a.md", ["docs/a.md"]),
    ],
)
def test_ids_of_a_glob_are_relative_to_its_folder(
    docs: Path, glob: str, expected: list[str]
) -> None:
    assert ids(list_files(Source(url=glob), docs.parent)) == expected
    assert ids(list_files(Source(url=str(docs.parent / glob)), Path("/nowhere"))) == expected


def test_a_name_that_looks_like_a_glob_is_a_name(docs: Path) -> None:
    (docs / "what [1]?.md").write_text("x")
    assert ids(list_files(Source(url="docs/what [1]?.md"), docs.parent)) == ["what [1]?.md"]


def test_a_file_url(docs: Path) -> None:
    url = docs.as_uri()
    assert ids(list_files(Source(url=f"{url}/Gr%C3%B6%C3%9Fe%201.md"), Path())) == ["Größe 1.md"]
    assert ids(list_files(Source(url=f"{url}/sub/*.md"), Path())) == ["b.md"]
    with pytest.raises(SourceError, match="names the machine 'server'"):
        list_files(Source(url="file://server/docs"), Path())


@pytest.mark.parametrize(
    ("include", "exclude", "expected"),
    [
        (["*.txt"], [], ["sub/deep/c.txt"]),
        (["/*.md"], [], ["Größe 1.md", "a.md"]),
        (["*.md"], ["deep/"], ["Größe 1.md", "a.md", "sub/b.md"]),
        ([], ["*.md", "!b.md"], ["sub/b.md", "sub/deep/c.txt"]),
        ([], ["sub/**", "Größe*"], ["a.md"]),
    ],
)
def test_include_and_exclude(
    docs: Path, include: list[str], exclude: list[str], expected: list[str]
) -> None:
    source = Source(url="docs", include=include, exclude=exclude, prefix="p/")
    assert ids(list_files(source, docs.parent)) == [f"p/{name}" for name in expected]


def test_nothing_found(docs: Path) -> None:
    (docs / "empty").mkdir()
    for url, said in [
        ("docs/nothing", "check the path"),
        ("docs/nothing/*.md", "check the path"),
        ("docs/empty", "holds no files"),
        ("docs/*.pdf", r"docs/\*\.pdf: no files there"),
    ]:
        with pytest.raises(SourceError, match=said):
            list_files(Source(url=url), docs.parent)
    with pytest.raises(SourceError, match="none of its 5 files passes include and exclude"):
        list_files(Source(url="docs", include=["*.pdf"]), docs.parent)


def test_links_are_followed_once(docs: Path) -> None:
    (docs / "sub" / "again").symlink_to(docs)
    (docs / "sub" / "itself").symlink_to("itself")
    (docs / "sub" / "link.md").symlink_to(docs / "a.md")
    expected = ["Größe 1.md", "a.md", "sub/b.md", "sub/deep/d.md", "sub/link.md"]
    assert ids(list_files(Source(url="docs/**/*.md"), docs.parent)) == expected


def test_a_name_that_is_not_unicode(docs: Path) -> None:
    Path(os.fsdecode(os.fsencode(docs) + b"/\xff.md")).write_text("x")
    files = list_files(Source(url="docs/*.md"), docs.parent)
    assert ids(files) == ["%FF.md", "Größe 1.md", "a.md"]
    assert Path(files[0].url).read_text() == "x"


@pytest.fixture
def _deep_is_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def refusing(folder: Path) -> object:
        if Path(folder).name == "deep":  # not by its mode: tests may run as root
            raise PermissionError(13, "Permission denied", str(folder))
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refusing)


@pytest.mark.usefixtures("_deep_is_locked")
@pytest.mark.parametrize("url", ["docs", "docs/**/*.md", "docs/sub/*/*"])
def test_a_folder_that_cannot_be_read_stops_the_listing(docs: Path, url: str) -> None:
    with pytest.raises(SourceError, match=r"docs/sub/deep: Permission denied; .*readable"):
        list_files(Source(url=url), docs.parent)


@pytest.mark.usefixtures("_deep_is_locked")
def test_a_glob_enters_only_folders_that_it_can_match(docs: Path) -> None:
    assert ids(list_files(Source(url="docs/sub/*.md"), docs.parent)) == ["b.md"]
