"""What holds for every format: dispatch, content checks, errors."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from ingestion.errors import EmptyDocument, UnreadableDocument, UnsupportedFormat
from ingestion.loaders import SUPPORTED_SUFFIXES, load


def test_a_document_says_where_it_is_from(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Hello there.\n")
    (document,) = load(path, "sub/a.txt", source="s3://bucket/a.txt")
    assert document.id == "sub/a.txt"
    assert document.source == "s3://bucket/a.txt"
    assert document.media_type == "text/plain"
    assert document.content_hash == hashlib.sha256(b"Hello there.\n").hexdigest()
    (document,) = load(path, "a.txt")
    assert document.source == str(path)


def test_a_name_without_a_suffix_is_read_as_it_is_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "download"
    path.write_text("<title>Home</title><p>Words.")
    (document,) = load(path, "site/start", format_name="start.html")
    assert (document.id, document.title, document.text) == ("site/start", "Home", "Words.")
    path.write_bytes(b"%PDF-1.7")
    with pytest.raises(UnreadableDocument, match="site/start: is a PDF, not a text/html file"):
        list(load(path, "site/start", format_name="start.html"))


def test_the_suffix_is_read_in_any_case(loading: Any) -> None:
    assert loading.one("README.MD", "# Hello\n\nText").title == "Hello"


@pytest.mark.parametrize("name", ["photo.png", "Makefile"])
def test_an_unknown_suffix_names_the_supported_ones(loading: Any, name: str) -> None:
    with pytest.raises(UnsupportedFormat) as caught:
        loading.one(name, "x")
    assert name in str(caught.value)
    assert all(suffix in str(caught.value) for suffix in SUPPORTED_SUFFIXES)


def test_an_old_office_file_is_refused_with_its_successor(loading: Any) -> None:
    with pytest.raises(UnsupportedFormat, match=r"save it as \.docx"):
        loading.one("old.doc", b"\xd0\xcf\x11\xe0")


@pytest.mark.parametrize("suffix", SUPPORTED_SUFFIXES)
def test_an_empty_file_is_said_to_be_empty(loading: Any, suffix: str) -> None:
    with pytest.raises(EmptyDocument, match=rf"a\{suffix}: the file is empty \(0 bytes\)"):
        loading.one(f"a{suffix}", b"")


@pytest.mark.parametrize("suffix", [".txt", ".md", ".html", ".csv", ".jsonl"])
def test_a_text_file_without_text_is_empty(loading: Any, suffix: str) -> None:
    with pytest.raises(EmptyDocument, match=f"a{suffix}"):
        loading.one(f"a{suffix}", " \n \n")


@pytest.mark.parametrize("suffix", [".txt", ".md", ".html", ".csv", ".jsonl"])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"%PDF-1.7\n1 0 obj", "is a PDF"),
        (b"PK\x03\x04 and so on", "is a ZIP archive or Office document"),
        (b"some text\x00\x01", "looks binary: NUL bytes"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "Office 97-2003"),
    ],
)
def test_content_that_is_not_text_is_refused(
    loading: Any, suffix: str, content: bytes, message: str
) -> None:
    with pytest.raises(UnreadableDocument, match=message) as caught:
        loading.one(f"a{suffix}", content)
    assert f"a{suffix}" in str(caught.value)


def test_nul_bytes_are_found_far_into_a_text_file(loading: Any) -> None:
    with pytest.raises(UnreadableDocument, match="the first at offset 50000"):
        loading.one("a.txt", b"a" * 50_000 + b"\x00")


@pytest.mark.parametrize("suffix", [".pdf", ".docx", ".pptx", ".xlsx"])
def test_a_web_page_saved_under_a_document_name_is_refused(loading: Any, suffix: str) -> None:
    with pytest.raises(UnreadableDocument, match=rf"not a \{suffix} file .*<!DOCTYPE"):
        loading.one(f"a{suffix}", "<!DOCTYPE html><p>Sign in to download</p>")


def test_a_file_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match=r"gone\.txt: cannot be read: No such file"):
        list(load(tmp_path / "gone.txt", "gone.txt"))


@pytest.mark.parametrize("suffix", [".pdf", ".docx", ".pptx", ".xlsx"])
def test_what_a_parser_raises_is_the_cause(loading: Any, suffix: str) -> None:
    start = b"%PDF-1.7\ngarbage" if suffix == ".pdf" else b"PK\x03\x04garbage"
    with pytest.raises(UnreadableDocument, match="broken or not a real") as caught:
        loading.one(f"a{suffix}", start * 10)
    assert caught.value.__cause__ is not None
    assert "\n" not in str(caught.value)


def test_a_file_over_the_limit_is_refused(loading: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.loaders.loading.LARGEST_FILE", 10)
    with pytest.raises(UnreadableDocument, match="split it"):
        loading.one("a.txt", "more than ten bytes")


def test_importing_the_loaders_imports_no_parser() -> None:
    import subprocess
    import sys

    parsers = (
        "bs4 lxml docx pptx openpyxl pypdfium2 markdown_it mdit_py_plugins latex2mathml chardet "
        "tinycss2 webencodings yaml"
    ).split()
    code = f"import sys, ingestion.loaders; print([m for m in {parsers} if m in sys.modules])"
    root = Path(__file__).parents[3]
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root)
    assert run.stdout.strip() == "[]", run.stderr


def test_junk_before_a_pdf_is_no_obstacle(loading: Any) -> None:
    import io

    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.drawString(72, 700, "Readable")
    canvas.save()
    assert loading.one("a.pdf", b"HTTP junk\n" + buffer.getvalue()).text == "Readable"
