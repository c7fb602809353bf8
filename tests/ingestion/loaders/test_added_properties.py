"""Groups that somebody added to the properties of an Office file or a PDF."""

from __future__ import annotations

import io
import zipfile

import docx
import openpyxl
import pptx
import pypdf
import pytest
from reportlab.pdfgen.canvas import Canvas

from ingestion.documents.visibility import groups_of
from tests.ingestion.loaders.conftest import Loading


def office(kind: str) -> bytes:
    """A document with a little text."""
    buffer = io.BytesIO()
    if kind == "docx":
        document = docx.Document()
        document.add_paragraph("Text.")
        document.save(buffer)
    elif kind == "pptx":
        deck = pptx.Presentation()
        deck.slides.add_slide(deck.slide_layouts[0]).shapes.title.text = "Text"
        deck.save(buffer)
    else:
        book = openpyxl.Workbook()
        book.active.append(["Text"])
        book.save(buffer)
    return buffer.getvalue()


def with_part(data: bytes, path: str, part: str) -> bytes:
    """An Office file with added properties at `path`, and a relationship that leads there."""
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties"
    one = f'<Relationship Id="rIdX" Type="{kind}" Target="{path}"/></Relationships>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "_rels/.rels":
                content = content.replace(b"</Relationships>", one.encode())
            if name == "[Content_Types].xml":
                content = content.replace(
                    b"</Types>",
                    f'<Override PartName="/{path}" ContentType="application/xml"/></Types>'.encode(),
                )
            new.writestr(name, content)
        new.writestr(path, part)
    return buffer.getvalue()


def with_property(data: bytes, part: str) -> bytes:
    """An Office file with a part of added properties."""
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("docProps/custom.xml", part)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["docx", "pptx", "xlsx"])
@pytest.mark.parametrize(
    ("name", "groups"), [("groups", ["hr"]), ("Gr\u043eups", []), ("department", None)]
)
def test_added_properties(loading: Loading, kind: str, name: str, groups: list[str] | None) -> None:
    part = f'<Properties><property name="{name}"><lpwstr>hr</lpwstr></property></Properties>'
    document = loading.one(f"a.{kind}", with_property(office(kind), part))
    assert groups_of(document.metadata) == groups


@pytest.mark.parametrize("kind", ["docx", "pptx", "xlsx"])
@pytest.mark.parametrize("path", ["docProps/Custom.xml", "docProps/custom2.xml", "meta/added.xml"])
def test_added_properties_elsewhere(loading: Loading, kind: str, path: str) -> None:
    part = '<Properties><property name="groups"><lpwstr>hr</lpwstr></property></Properties>'
    document = loading.one(f"a.{kind}", with_part(office(kind), path, part))
    assert groups_of(document.metadata) == ["hr"]


@pytest.mark.parametrize(
    ("key", "groups"), [("gRoups", ["hr"]), ("AccessGroups", []), ("Department", None)]
)
def test_added_properties_of_a_pdf(loading: Loading, key: str, groups: list[str] | None) -> None:
    drawn = io.BytesIO()
    canvas = Canvas(drawn)
    canvas.drawString(72, 700, "The figures of the board.")
    canvas.save()
    writer = pypdf.PdfWriter(clone_from=drawn)
    writer.add_metadata({f"/{key}": "hr"})
    written = io.BytesIO()
    writer.write(written)
    assert groups_of(loading.one("a.pdf", written.getvalue()).metadata) == groups


def test_added_properties_that_cannot_be_read(loading: Loading) -> None:
    part = '<Properties><property name="groups"><lpwstr>hr</property>'
    assert groups_of(loading.one("a.docx", with_property(office("docx"), part)).metadata) == []


def test_front_matter_typed_into_a_word_document(loading: Loading) -> None:
    document = docx.Document()
    for line in ("---", "groups: hr", "---", "The figures."):
        document.add_paragraph(line)
    buffer = io.BytesIO()
    document.save(buffer)
    assert groups_of(loading.one("a.docx", buffer.getvalue()).metadata) == ["hr"]
