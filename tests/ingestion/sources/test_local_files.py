from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from ingestion.errors import SourceError
from ingestion.loaders import RecordFields, find_files
from ingestion.sources.listing import list_files
from ingestion.sources.source import Source


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    for name in (
        "b.md",
        "a.md",
        "sub/c.md",
        "sub/deep/d.txt",
        "sub/~$c.docx",
        ".git/config",
        "Grüße/日本.md",
        "50% [old].md",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"words of {name}", encoding="utf-8")
    return folder


def ids(source: Source, base: Path) -> list[str]:
    return [file.document_id for file in list_files(source, base)]


def test_a_folder_has_the_ids_that_it_always_had(docs: Path) -> None:
    files = list_files(Source(url="docs"), docs.parent)
    assert [file.document_id for file in files] == [file.document_id for file in find_files(docs)]
    assert len(files) == 6
    first = files[2]
    assert first.document_id == "a.md"
    assert first.url == str(docs / "a.md")
    assert first.size == len("words of a.md")
    assert (first.source, first.stamp) == ("docs", None)


def test_a_file_is_called_by_its_name_and_gets_the_prefix(docs: Path) -> None:
    records = RecordFields(id="n")
    (file,) = list_files(Source(url="docs/sub/c.md", prefix="kb/", records=records), docs.parent)
    assert file.document_id == "kb/c.md"
    assert file.records == records


def test_ids_of_a_glob_are_below_its_folder(docs: Path) -> None:
    assert ids(Source(url="docs/sub/**/*.*"), docs.parent) == ["c.md", "deep/d.txt"]
    assert ids(Source(url=f"{docs}/*.md"), Path("/")) == ["50% [old].md", "a.md", "b.md"]


def test_a_file_url_is_decoded(docs: Path) -> None:
    assert ids(Source(url=(docs / "Grüße").as_uri()), Path("/nowhere")) == ["日本.md"]
    assert ids(Source(url=f"file://localhost{docs}/sub"), Path("/")) == ["c.md", "deep/d.txt"]
    with pytest.raises(SourceError, match=r"names the machine 'docs'; write file:///folder"):
        list_files(Source(url="file://docs/sub"), docs.parent)


def test_a_name_with_wildcards_in_it_that_is_there_is_no_glob(docs: Path) -> None:
    assert ids(Source(url="docs/50% [old].md"), docs.parent) == ["50% [old].md"]


def test_include_and_exclude_look_below_the_source_without_its_prefix(docs: Path) -> None:
    source = Source(url="docs", include=("/sub/", "a.md"), exclude=("deep",), prefix="kb/")
    assert ids(source, docs.parent) == ["kb/a.md", "kb/sub/c.md"]


def test_links_are_followed_once_in_folders_and_in_globs(docs: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "e.md").write_text("x")
    (docs / "link").symlink_to(tmp_path / "elsewhere")
    (docs / "loop").symlink_to(docs)
    (docs / "self.md").symlink_to(docs / "self.md")
    for url in ("docs", "docs/**"):
        found = ids(Source(url=url), docs.parent)
        assert "link/e.md" in found
        assert not any("loop" in name or "self" in name for name in found)


def test_two_names_never_become_one_id(docs: Path) -> None:
    names = [b"x\xff.md", b"x%FF.md", b"x\n.md", b"x%0A.md"]
    for name in names:
        Path(os.fsdecode(os.fsencode(docs) + b"/" + name)).write_text("x")
    for url in ("docs", "docs/*.md"):
        found = [name for name in ids(Source(url=url), docs.parent) if name.startswith("x")]
        assert len(set(found)) == len(names)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (Source(url="nowhere"), "nowhere: No such file or directory; check the path"),
        (Source(url="nowhere/*.md"), "nowhere: No such file or directory; check the path"),
        (Source(url="docs/*.pdf"), "docs/*.pdf: no files there (hidden ones are left out)"),
        (
            Source(url="docs", include=("*.pdf",)),
            "docs: none of its 6 files passes include and exclude",
        ),
    ],
)
def test_a_source_with_nothing_in_it_stops_the_sync(docs: Path, source: Source, said: str) -> None:
    with pytest.raises(SourceError) as caught:
        list_files(source, docs.parent)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.fixture
def _locked(docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`docs/sub` cannot be listed, by the superuser neither."""
    listed = os.scandir

    def scandir(path: Path) -> Any:
        if path == docs / "sub":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)


@pytest.mark.usefixtures("_locked")
@pytest.mark.parametrize("url", ["docs", "docs/**/*.md"])
def test_a_folder_that_cannot_be_listed_stops_the_sync(docs: Path, url: str) -> None:
    with pytest.raises(SourceError, match=r"sub: Permission denied; .*make the folder readable"):
        list_files(Source(url=url), docs.parent)


@pytest.mark.usefixtures("_locked")
def test_a_folder_that_no_glob_leads_to_need_not_be_readable(docs: Path) -> None:
    assert "a.md" in ids(Source(url="docs/*.md"), docs.parent)
