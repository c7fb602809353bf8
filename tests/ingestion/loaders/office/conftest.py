"""Word documents made of XML, since python-docx writes few of the things that are read."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

NAMESPACES = (
    nsdecls("w", "r", "wp", "a")
    + ' xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    + ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)
_TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


def paragraph(text: str, properties: str = "", run: str = "") -> str:
    """A paragraph of one run, as XML."""
    look = f"<w:rPr>{run}</w:rPr>" if run else ""
    return (
        f"<w:p><w:pPr>{properties}</w:pPr>"
        f'<w:r>{look}<w:t xml:space="preserve">{text}</w:t></w:r></w:p>'
    )


def saved(source: Any) -> bytes:
    """The file's bytes."""
    buffer = io.BytesIO()
    source.save(buffer)
    return buffer.getvalue()


def with_part(data: bytes, kind: str, content: str) -> bytes:
    """The document with one more part of a kind, such as `footnotes`."""
    source, buffer = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            part = source.read(name)
            if name == "word/_rels/document.xml.rels":
                relation = (
                    f'<Relationship Id="rX{kind}" Type="{_TYPES}{kind}" Target="{kind}.xml"/>'
                )
                part = part.replace(b"</Relationships>", f"{relation}</Relationships>".encode())
            if name == "[Content_Types].xml":
                override = (
                    f'<Override PartName="/word/{kind}.xml" ContentType="application/'
                    f'vnd.openxmlformats-officedocument.wordprocessingml.{kind}+xml"/>'
                )
                part = part.replace(b"</Types>", f"{override}</Types>".encode())
            target.writestr(name, part)
        target.writestr(f"word/{kind}.xml", f"<w:{kind} {NAMESPACES}>{content}</w:{kind}>")
    return buffer.getvalue()


def word_file(*body: str, styles: str = "", numbering: str = "") -> bytes:
    """A Word file with this body; styles and list definitions are added to the usual ones."""
    document = docx.Document()
    wrapped = parse_xml(f"<w:body {NAMESPACES}>{''.join(body)}</w:body>")
    for place, element in enumerate(list(wrapped)):
        document.element.body.insert(place, element)
    for element in parse_xml(f"<w:styles {NAMESPACES}>{styles}</w:styles>"):
        document.styles.element.append(element)
    root = document.part.numbering_part.element
    for element in list(root) if numbering else ():
        root.remove(element)
    for element in parse_xml(f"<w:numbering {NAMESPACES}>{numbering}</w:numbering>"):
        root.append(element)
    return saved(document)
