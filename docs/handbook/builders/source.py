"""A handbook source: YAML front matter and Markdown, parsed into plain blocks.

Only what the handbook uses is understood: headings, paragraphs, quotes, flat lists, pipe
tables, fenced code, and footnotes (`[^name]` in the text, `[^name]: ...` in a line of its own).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeAlias

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

COMPANY = "Merrowby Coldways"

_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_NOTE_TEXT = re.compile(r"^\[\^(\w+)\]: (.+)\n?", re.MULTILINE)
_NOTE_MARK = re.compile(r"\[\^(\w+)\]")


@dataclass(frozen=True, slots=True)
class Meta:
    """The front matter that every format carries in its own metadata."""

    title: str
    subject: str
    date: date
    version: str
    status: str
    owner: str

    @property
    def keywords(self) -> str:
        return f"version {self.version}; {self.date.isoformat()}; {self.status}"


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one style; `note` is the number of a footnote marked here."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    note: int = 0


Spans: TypeAlias = list[Span]


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    spans: Spans

    @property
    def text(self) -> str:
        return plain(self.spans)


@dataclass(frozen=True, slots=True)
class Paragraph:
    spans: Spans
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    ordered: bool
    items: list[Spans]


@dataclass(frozen=True, slots=True)
class Table:
    header: list[Spans]
    rows: list[list[Spans]]


@dataclass(frozen=True, slots=True)
class Code:
    text: str


Block: TypeAlias = Heading | Paragraph | Listing | Table | Code


@dataclass(frozen=True, slots=True)
class Source:
    meta: Meta
    blocks: list[Block]
    notes: list[Spans]


def plain(spans: Sequence[Span]) -> str:
    """The spans' text without styles and footnote marks."""
    return "".join(span.text for span in spans)


def meta_from(values: dict[str, object]) -> Meta:
    """The fields of `Meta` among `values`; a missing one is a `KeyError`."""
    when = values["date"]
    if not isinstance(when, date):
        raise TypeError(f"date must be written as YYYY-MM-DD, not {when!r}")
    return Meta(
        title=str(values["title"]),
        subject=str(values["subject"]),
        date=when,
        version=str(values["version"]),
        status=str(values["status"]),
        owner=str(values["owner"]),
    )


def read(path: Path) -> Source:
    """Parse one Markdown source."""
    text = path.read_text(encoding="utf-8")
    front = _FRONT_MATTER.match(text)
    if front is None:
        raise ValueError(f"{path} has no front matter")
    body = text[front.end() :]
    note_texts = dict(_NOTE_TEXT.findall(body))
    numbers = {name: number for number, name in enumerate(note_texts, start=1)}
    parser = MarkdownIt("commonmark").enable("table")
    blocks = list(_blocks(parser.parse(_NOTE_TEXT.sub("", body)), numbers))
    notes = [_spans(parser.parseInline(note)[0], numbers) for note in note_texts.values()]
    return Source(meta_from(yaml.safe_load(front[1])), blocks, notes)


def _blocks(tokens: Sequence[Token], numbers: dict[str, int]) -> Iterator[Block]:
    quoted = False
    header: list[Spans] = []
    rows: list[list[Spans]] = []
    items: list[Spans] = []
    inside = ""  # the innermost block that an inline token belongs to
    level = 0
    for token in tokens:
        match token.type:
            case "heading_open":
                inside, level = "heading", int(token.tag[1])
            case "paragraph_open" if inside != "list":
                inside = "paragraph"
            case "blockquote_open" | "blockquote_close":
                quoted = token.nesting == 1
            case "bullet_list_open" | "ordered_list_open":
                inside, items = "list", []
            case "bullet_list_close" | "ordered_list_close":
                inside = ""
                yield Listing(token.type.startswith("ordered"), items)
            case "table_open":
                inside, header, rows = "table", [], []
            case "tr_open":
                rows.append([])
            case "thead_close":
                header = rows.pop()
            case "table_close":
                inside = ""
                yield Table(header, rows)
            case "fence":
                yield Code(token.content.rstrip("\n"))
            case "inline":
                spans = _spans(token, numbers)
                if inside == "heading":
                    yield Heading(level, spans)
                elif inside == "paragraph":
                    yield Paragraph(spans, quoted)
                elif inside == "list":
                    items.append(spans)
                else:
                    rows[-1].append(spans)


def _spans(token: Token, numbers: dict[str, int]) -> Spans:
    spans: Spans = []
    bold = italic = False
    for child in token.children or []:
        match child.type:
            case "strong_open" | "strong_close":
                bold = child.nesting == 1
            case "em_open" | "em_close":
                italic = child.nesting == 1
            case "code_inline":
                spans.append(Span(child.content, bold, italic, code=True))
            case "softbreak":
                spans.append(Span(" ", bold, italic))
            case "text":
                for index, piece in enumerate(_NOTE_MARK.split(child.content)):
                    if index % 2:
                        spans.append(Span("", note=numbers[piece]))
                    elif piece:
                        spans.append(Span(piece, bold, italic))
            case other:
                raise ValueError(f"the handbook does not use {other}")
    return spans
