"""Word documents made of XML, since python-docx writes few of the things that are read."""

from __future__ import annotations

import io
import zipfile

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from evals.benchmarks.documents.built import saved

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


def run(text: str, look: str = "") -> str:
    """A run of text with its look (the children of `w:rPr`)."""
    properties = f"<w:rPr>{look}</w:rPr>" if look else ""
    return f'<w:r>{properties}<w:t xml:space="preserve">{text}</w:t></w:r>'


def of_runs(*runs: str, properties: str = "") -> str:
    """A paragraph of runs."""
    return f"<w:p><w:pPr>{properties}</w:pPr>{''.join(runs)}</w:p>"


def level(at: int, text: str, shape: str = "decimal", start: int = 1, more: str = "") -> str:
    """A level of a list, written by a pattern such as `%1.%2`."""
    return (
        f'<w:lvl w:ilvl="{at}"><w:start w:val="{start}"/><w:numFmt w:val="{shape}"/>{more}'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
    )


def definition(*levels: str, name: int = 0) -> str:
    """A list definition with its levels."""
    return f'<w:abstractNum w:abstractNumId="{name}">{"".join(levels)}</w:abstractNum>'


def number(list_id: int, *overrides: str, of: int = 0) -> str:
    """A list of a definition, with what it overrides."""
    target = f'<w:abstractNumId w:val="{of}"/>'
    return f'<w:num w:numId="{list_id}">{target}{"".join(overrides)}</w:num>'


def start_at(value: int, at: int = 0) -> str:
    """An override of a level's first number."""
    start = f'<w:startOverride w:val="{value}"/>'
    return f'<w:lvlOverride w:ilvl="{at}">{start}</w:lvlOverride>'


def item(text: str, at: int = 0, list_id: int = 1) -> str:
    """A paragraph in a list."""
    where = f'<w:ilvl w:val="{at}"/><w:numId w:val="{list_id}"/>'
    return paragraph(text, f"<w:numPr>{where}</w:numPr>")
