from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.errors import SourceError
from ingestion.loaders import find_files, load
from ingestion.loaders.files import printable


def ids(path: Path) -> list[str]:
    return [found.document_id for found in find_files(path)]


def test_a_folder_is_listed_sorted_with_posix_ids(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "sub/deep/c.md", "A.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    assert ids(tmp_path) == ["A.txt", "a.txt", "b.txt", "sub/deep/c.md"]


def test_a_single_file_is_called_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "report.txt").write_text("x")
    assert ids(tmp_path / "report.txt") == ["report.txt"]


def test_hidden_files_and_office_locks_are_left_out(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    for name in (".git/config", ".hidden.txt", "~$open.docx", "kept.txt"):
        (tmp_path / name).write_text("x")
    assert ids(tmp_path) == ["kept.txt"]


def test_link_loops_end_and_links_to_files_are_followed(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_text("x")
    (tmp_path / "sub" / "up").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    (tmp_path / "link.txt").symlink_to(tmp_path / "sub" / "a.txt")
    assert ids(tmp_path) == ["link.txt", "sub/a.txt"]


def test_pipes_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "a.txt").write_text("x")
    assert ids(tmp_path) == ["a.txt"]
    with pytest.raises(SourceError, match="neither a file nor a folder"):
        find_files(tmp_path / "pipe.txt")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "No such file or directory"),
        (lambda path: path.mkdir(), "holds no files"),
    ],
)
def test_nothing_to_ingest_is_said_at_once(tmp_path: Path, make: object, message: str) -> None:
    assert callable(make)
    make(tmp_path / "docs")
    with pytest.raises(SourceError, match=message) as caught:
        find_files(tmp_path / "docs")
    assert "docs" in str(caught.value)


def test_a_folder_that_cannot_be_read_stops_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "locked").mkdir()
    scandir = os.scandir

    def refusing(folder: Path) -> object:
        if folder.name == "locked":  # not by its mode: tests may run as root
            raise PermissionError(13, "Permission denied", str(folder))
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(SourceError, match=r"locked: Permission denied"):
        find_files(tmp_path)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"with space.txt", "with space.txt"),
        ("grüße-文書.txt".encode(), "grüße-文書.txt"),
        (b"two\nlines.txt", "two%0Alines.txt"),
        (b"caf\xe9.txt", "caf%E9.txt"),
        (b"caf%E9.txt", "caf%25E9.txt"),
        (b"100%.txt", "100%.txt"),
    ],
)
def test_odd_names_become_printable_and_still_load(
    tmp_path: Path, name: bytes, expected: str
) -> None:
    Path(os.fsdecode(bytes(tmp_path) + b"/" + name)).write_text("Some text.")
    (found,) = find_files(tmp_path)
    assert found.document_id == expected
    (document,) = load(found.path, found.document_id)
    assert document.source.encode()


@given(
    st.lists(st.binary(min_size=1, max_size=6).filter(lambda name: b"/" not in name), unique=True)
)
def test_different_names_stay_different(names: list[bytes]) -> None:
    assert len({printable(os.fsdecode(name)) for name in names}) == len(names)


def test_a_path_with_a_nul_is_no_path() -> None:
    with pytest.raises(SourceError, match=r"a%00b: not a path"):
        find_files(Path("a\0b"))
