"""One file of a source is found again by the name under which it was listed."""

from __future__ import annotations

import os
from pathlib import Path

import fsspec
import pytest

from ingestion.sources.finding import find_file
from ingestion.sources.listing import list_files
from ingestion.sources.source import Source

NAMES = ("a.md", "deep/b c.md", "100% sure.md", "50%25 off.md", "tab\there.md", "ü.md", "x#y?.md")


def write(folder: Path, names: tuple[str, ...] = NAMES) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name!r}", "utf-8")


@pytest.mark.parametrize(
    "url", ["{root}", "docs", "./docs/", "{root}/**/*.md", "docs/*.md", "file://{root}"]
)
def test_local_files_are_found_as_they_are_listed(tmp_path: Path, url: str) -> None:
    folder = tmp_path / "docs"
    write(folder)
    (folder / os.fsdecode(b"latin-\xe9.md")).write_text("# latin", "utf-8")
    source = Source(url=url.format(root=folder), prefix="p/", exclude=("*.txt",))
    listed = list_files(source, tmp_path)
    assert len(listed) >= 6
    for file in listed:
        found = find_file(source, file.document_id, tmp_path)
        assert found is not None
        assert (found.url, found.document_id, found.source) == (
            file.url, file.document_id, source.key,
        )  # fmt: skip


def test_a_source_of_one_file_has_that_file(tmp_path: Path) -> None:
    write(tmp_path / "docs", ("a.md",))
    source = Source(url="docs/a.md")
    [listed] = list_files(source, tmp_path)
    found = find_file(source, "a.md", tmp_path)
    assert found is not None
    assert found.url == listed.url
    assert find_file(source, "b.md", tmp_path) is None


@pytest.mark.parametrize(
    "name", ["../secret.md", "deep/../../secret.md", "/etc/passwd", "", "..", "%2e%2e/secret.md",
             "%2E%2E%2Fsecret.md", "."]
)  # fmt: skip
def test_no_name_leads_out_of_the_source(tmp_path: Path, name: str) -> None:
    write(tmp_path / "docs")
    (tmp_path / "secret.md").write_text("# Secret", "utf-8")
    assert find_file(Source(url="docs"), name, tmp_path) is None
    assert find_file(Source(url="memory://bucket/docs"), name, tmp_path) is None


def test_a_name_without_the_sources_prefix_is_not_of_it(tmp_path: Path) -> None:
    write(tmp_path / "docs")
    assert find_file(Source(url="docs", prefix="p/"), "a.md", tmp_path) is None


@pytest.mark.parametrize("url", ["memory://findings/docs", "memory://findings/docs/**/*.md"])
def test_stored_files_are_found_as_they_are_listed(tmp_path: Path, url: str) -> None:
    storage = fsspec.filesystem("memory")
    for name in ("a.md", "deep/b.md", "100% sure.md"):
        with storage.open(f"/findings/docs/{name}", "wb") as opened:
            opened.write(b"# A")
    source = Source(url=url)
    listed = list_files(source, tmp_path)
    assert len(listed) == 3
    for file in listed:
        found = find_file(source, file.document_id, tmp_path)
        assert found is not None
        assert found.url == file.url
    one = Source(url="memory://findings/docs/a.md")
    found = find_file(one, "a.md", tmp_path)
    assert found is not None
    assert found.url == list_files(one, tmp_path)[0].url


def test_a_page_of_the_web_is_found_by_its_url_without_asking_for_it(tmp_path: Path) -> None:
    source = Source(urls=("https://nowhere.invalid/a.pdf", "https://nowhere.invalid/b.pdf"))
    found = find_file(source, "https://nowhere.invalid/b.pdf", tmp_path, ["10.0.0.0/8"])
    assert found is not None
    assert (found.url, found.networks) == ("https://nowhere.invalid/b.pdf", ("10.0.0.0/8",))
    assert find_file(source, "https://nowhere.invalid/c.pdf", tmp_path) is None
