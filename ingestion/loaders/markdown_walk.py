"""Write parsed Markdown into a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ingestion.loaders.extraction import TextBuilder

if TYPE_CHECKING:
    from markdown_it.token import Token


class MarkdownWalker:
    """Writes a token stream to a builder."""

    def __init__(self, builder: TextBuilder) -> None:
        self._builder = builder
        self._lists: list[int | None] = []  # next number of each open list; None for bullets
        self._marker: str | None = None  # of the list item that has no text yet
        self._rows: list[list[str]] = []

    def walk(self, tokens: Sequence[Token]) -> None:
        """Write all tokens."""
        heading = 0
        for token in tokens:
            match token.type:
                case "heading_open":
                    heading = int(token.tag[1:])
                case "inline" if heading:
                    self._builder.heading(inline_text(token), heading)
                    heading = 0
                case "inline" if self._rows:
                    self._rows[-1].append(inline_text(token))
                case "inline":
                    self._text(inline_text(token))
                case "fence" | "code_block":
                    self._builder.code(token.content)
                case "html_block":
                    self._html(token.content)
                case "tr_open":
                    self._rows.append([])
                case "table_close":
                    self._builder.table(self._rows, header_rows=1)
                    self._rows = []
                case "bullet_list_open":
                    self._lists.append(None)
                case "ordered_list_open":
                    self._lists.append(int(token.attrs.get("start", 1)))
                case "list_item_open":
                    self._marker = self._next_marker()
                case "bullet_list_close" | "ordered_list_close":
                    self._lists.pop()
                case "list_item_close":
                    self._marker = None

    def _next_marker(self) -> str:
        number = self._lists[-1]
        if number is None:
            return "-"
        self._lists[-1] = number + 1
        return f"{number}."

    def _text(self, text: str) -> None:
        if not self._lists:
            self._builder.paragraph(text)
            return
        depth = "  " * (len(self._lists) - 1)
        marker, self._marker = self._marker, None
        indent = f"{depth}{marker} " if marker else f"{depth}  "
        if text:
            self._builder.line(indent + text.replace("\n", f"\n{depth}  "))

    def _html(self, content: str) -> None:
        from ingestion.loaders.html import parse
        from ingestion.loaders.html_walk import HtmlWalker

        HtmlWalker(self._builder).walk(parse(content))


def inline_text(token: Token) -> str:
    """What a reader sees of an inline token: link texts, alternative texts, code as it is."""
    pieces: list[str] = []
    for child in token.children or ():
        match child.type:
            case "text" | "code_inline" | "text_special":
                pieces.append(child.content)
            case "softbreak":
                pieces.append(" ")
            case "hardbreak":
                pieces.append("\n")
            case "image":
                pieces.append(inline_text(child))
            case "html_inline" if child.content.lower().startswith("<br"):
                pieces.append("\n")
    return "".join(pieces)
