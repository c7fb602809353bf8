from __future__ import annotations

import io
import zipfile
from typing import Any

import docx
import openpyxl
import pytest

from ingestion.errors import UnreadableDocument


def rewritten(data: bytes, **parts: bytes) -> bytes:
    """The archive with parts added or replaced; `__` in a name stands for `/`."""
    source, buffer = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    named = {name.replace("__", "/") + ".xml": content for name, content in parts.items()}
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, named.pop(name, None) or source.read(name))
        for name, content in named.items():
            target.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def word() -> bytes:
    document, buffer = docx.Document(), io.BytesIO()
    document.add_paragraph("Text")
    document.save(buffer)
    return buffer.getvalue()


@pytest.fixture
def excel() -> bytes:
    workbook, buffer = openpyxl.Workbook(), io.BytesIO()
    workbook.active.append(["a", "b"])
    workbook.save(buffer)
    return buffer.getvalue()


def test_another_kind_of_document_is_named(loading: Any, word: bytes, excel: bytes) -> None:
    with pytest.raises(UnreadableDocument, match=r"is a \.xlsx document.*rename it to \.xlsx"):
        loading.one("a.docx", excel)
    with pytest.raises(UnreadableDocument, match=r"is a \.docx document"):
        loading.one("a.pptx", word)


def test_a_plain_archive_is_no_document(loading: Any) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(UnreadableDocument, match=r"without a \.xlsx document"):
        loading.one("a.xlsx", buffer.getvalue())


def test_a_zip_bomb_is_refused_before_it_is_unpacked(loading: Any, word: bytes) -> None:
    bomb = rewritten(word, word__document=b" " * (48 << 20))
    assert len(bomb) < 1 << 20
    with pytest.raises(UnreadableDocument, match="ZIP bomb"):
        loading.one("a.docx", bomb)


def test_a_document_that_unpacks_to_too_much_is_refused(
    loading: Any, word: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.loaders.office.archive.LARGEST_PART", 1000)
    with pytest.raises(UnreadableDocument, match="split it"):
        loading.one("a.docx", word)


@pytest.mark.parametrize("kind", ["word", "excel"])
def test_external_entities_are_not_followed(
    loading: Any, kind: str, tmp_path: Any, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "secret").write_text("top secret")
    doctype = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{tmp_path}/secret">]>'.encode()
    data = request.getfixturevalue(kind)
    part = {"word": "word/document.xml", "excel": "xl/worksheets/sheet1.xml"}[kind]
    original = zipfile.ZipFile(io.BytesIO(data)).read(part)
    declaration, root = original.split(b"?>", 1) if original[:2] == b"<?" else (b"", original)
    declaration += b"?>" if declaration else b""
    evil = declaration + doctype + root.replace(b"Text", b"Text &e;").replace(b">a<", b">&e;<")
    name = {"word": "a.docx", "excel": "a.xlsx"}[kind]
    data = rewritten(data, **{part.removesuffix(".xml").replace("/", "__"): evil})
    try:
        text = loading.one(name, data).text
    except UnreadableDocument as error:
        text = str(error)
    assert "top secret" not in text


def test_entities_that_grow_without_end_are_survived(loading: Any, word: bytes) -> None:
    grow = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 20) for n in range(1, 12))
    original = zipfile.ZipFile(io.BytesIO(word)).read("word/document.xml")
    declaration, root = original.split(b"?>", 1)
    doctype = b'?><!DOCTYPE x [<!ENTITY e0 "lol">' + grow + b"]>"
    evil = declaration + doctype + root.replace(b"Text", b"Text &e11;")
    try:
        text = loading.one("a.docx", rewritten(word, word__document=evil)).text
    except UnreadableDocument as error:
        text = str(error)
    assert len(text) < 1000
