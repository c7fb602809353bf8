"""Write parsed Markdown into a text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ingestion.loaders.cleaning import prose
from ingestion.loaders.extraction import TextBuilder
from ingestion.loaders.inline_text import InlineText
from ingestion.loaders.losses import Loss, Losses
from ingestion.loaders.math_text import tex_text
from ingestion.loaders.notation import Script, note_mark

if TYPE_CHECKING:
    from markdown_it.token import Token

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)")
_STRUCK_TAGS = frozenset(("del", "s", "strike"))
_READING_TAGS = frozenset(("rt", "rp"))
_VOID_TAGS = frozenset("area base br col embed hr img input link meta source track wbr".split())
_MAY_HIDE = re.compile(r"style|hidden", re.IGNORECASE)
_LABEL_TAGS = frozenset(("img", "input"))
# A dollar sign may also stand before a price or the name of a variable.
_IS_FORMULA = re.compile(r"[\\^_={}+*/<>]|\d\s*-|^[A-Za-z0-9]$")


class MarkdownWalker:
    """Writes a token stream to a builder."""

    def __init__(self, builder: TextBuilder) -> None:
        self._builder = builder
        self._lists: list[int | None] = []  # next number of each open list; None for bullets
        self._marker: str | None = None  # of the list item that has no text yet
        self._note = ""  # the mark of the note that has no text yet
        self._rows: list[list[str]] = []
        self._in_term = False
        self._term = ""  # of a definition list, to stand before its definition

    def walk(self, tokens: Sequence[Token]) -> None:
        """Write all tokens."""
        heading = 0
        for token in tokens:
            match token.type:
                case "heading_open":
                    heading = int(token.tag[1:])
                case "inline" if heading:
                    self._heading(self._read(token), heading)
                    heading = 0
                case "inline" if self._rows:
                    self._rows[-1].append(self._read(token))
                case "inline":
                    self._text(self._read(token))
                case "fence" | "code_block":
                    self._end_open()
                    self._builder.code(token.content)
                case "html_block":
                    self._html(token.content)
                case "math_block" | "math_block_label" | "amsmath":
                    self._text(_formula(token.content, "$$"))
                case "tr_open":
                    self._rows.append([])
                case "table_open":
                    self._end_open()
                case "table_close":
                    self._builder.table(self._rows, header_rows=1)
                    self._rows = []
                case _:
                    self._structure(token)
        self._end_open()

    def _structure(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open":
                self._end_open()
                self._lists.append(None)
            case "ordered_list_open":
                self._end_open()
                self._lists.append(int(token.attrs.get("start", 1)))
            case "list_item_open":
                self._marker = self._next_marker()
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
            case "list_item_close":
                self._marker = None
            case "dt_open":
                self._in_term = True
            case "dt_close":
                self._in_term = False
            case "dl_close":
                self._end_open()
            case "footnote_reference_open":
                self._note = note_mark(str(token.meta["label"]))
            case "footnote_reference_close":
                self._end_open()

    def _read(self, token: Token) -> str:
        return inline_text(token, self._builder.losses)

    def _next_marker(self) -> str:
        number = self._lists[-1]
        if number is None:
            return "-"
        self._lists[-1] = number + 1
        return f"{number}."

    def _heading(self, text: str, level: int) -> None:
        self._end_note()
        marker, self._marker = self._marker, None
        self._builder.heading(f"{marker} {text}" if marker and marker != "-" else text, level)

    def _end_open(self) -> None:
        """Write a term without a definition, and the mark of a note and the number of an item
        that begin with something else than text."""
        self._end_note()
        term, self._term = self._term, ""
        if term:
            self._builder.line(f"- {term}")
        marker, self._marker = self._marker, None
        if marker and marker != "-":
            self._builder.line("  " * (len(self._lists) - 1) + marker)

    def _end_note(self) -> None:
        note, self._note = self._note, ""
        self._builder.paragraph(note)

    def _text(self, text: str) -> None:
        if self._note and text:
            text = f"{self._note}: {text}"
            self._note = ""
        if self._in_term:
            self._term = f"{self._term} / {text}" if self._term and text else text or self._term
        elif self._term and text:
            term, self._term = self._term, ""
            self._builder.line(f"- {term.rstrip(':')}: {text}")
        elif not self._lists:
            self._builder.paragraph(text)
        elif text:
            depth = "  " * (len(self._lists) - 1)
            marker, self._marker = self._marker, None
            indent = f"{depth}{marker} " if marker else f"{depth}  "
            self._builder.line(indent + text.replace("\n", f"\n{depth}  "))

    def _html(self, content: str) -> None:
        from ingestion.loaders.html_content import strip_hidden
        from ingestion.loaders.html_parsing import parse
        from ingestion.loaders.html_styles import apply_style_sheets
        from ingestion.loaders.html_walk import HtmlWalker

        soup = parse(content)
        apply_style_sheets(soup)
        strip_hidden(soup, self._builder.losses)
        HtmlWalker(self._builder).walk(soup)


def inline_text(token: Token, losses: Losses) -> str:
    """What a reader sees of an inline token: link texts, alternative texts, code as it is."""
    children = token.children or []
    if all(child.type == "text" for child in children):
        return prose("".join(child.content for child in children))
    inline = InlineText(losses)
    _add_children(token, inline)
    return inline.take()


def _add_children(token: Token, inline: InlineText) -> None:
    children = token.children or []
    opened: list[tuple[str, bool]] = []
    for place, child in enumerate(children):
        match child.type:
            case "em_open" | "em_close" | "strong_open" | "strong_close":
                if _between_figures(children, place):
                    inline.add(child.markup)
            case "text" | "code_inline" | "text_special":
                inline.add(child.content)
            case "softbreak":
                inline.add(" ")
            case "hardbreak":
                inline.add("\n")
            case "image":
                _add_children(child, inline)
            case "math_inline" | "math_inline_double":
                inline.add_formula(_formula(child.content, "$"))
            case "footnote_ref":
                inline.add_note(str(child.meta.get("label") or child.meta.get("id", "")))
            case "sup_open":
                inline.open(Script.RAISED)
            case "sub_open":
                inline.open(Script.LOWERED)
            case "s_open":
                inline.open_left_out(Loss.STRUCK_OUT)
            case "sup_close" | "sub_close" | "s_close":
                inline.close()
            case "html_inline":
                _add_tag(child.content, inline, opened)


def _between_figures(children: Sequence[Token], place: int) -> bool:
    """Whether signs of emphasis stand between figures: 2*3*4 is a product, not 234."""
    before = children[place - 1].content if place else ""
    behind = children[place + 1].content if place + 1 < len(children) else ""
    return before[-1:].isdigit() and behind[:1].isdigit()


def _add_tag(content: str, inline: InlineText, opened: list[tuple[str, bool]]) -> None:
    """An HTML tag within a paragraph, whose content stands in the tokens after it.

    `opened` holds the elements that have not ended, and whether they are left out.
    """
    found = _TAG.match(content)
    if found is None:  # a comment
        return
    closes, name = found[1], found[2].lower()
    if name == "br":
        inline.add("\n")
    elif name in _LABEL_TAGS and not closes:
        from ingestion.loaders.html_inline import flat_text
        from ingestion.loaders.html_parsing import parse

        inline.add(flat_text(parse(content), inline.losses))
    elif name not in ("sup", "sub") and name not in _STRUCK_TAGS | _READING_TAGS:
        if not closes and not content.endswith("/>") and name not in _VOID_TAGS:
            loss = _loss_of(content)
            if loss is not None:
                inline.open_left_out(loss)
            opened.append((name, loss is not None))
        elif closes and any(name == one for one, _ in opened):
            while opened:
                ended, left_out = opened.pop()
                if left_out:
                    inline.close()
                if ended == name:
                    break
    elif closes:
        inline.close()
    elif name in _STRUCK_TAGS:
        inline.open_left_out(Loss.STRUCK_OUT)
    elif name in _READING_TAGS:
        inline.open_left_out(Loss.READING_AID)
    else:
        inline.open(Script.RAISED if name == "sup" else Script.LOWERED)


def _loss_of(content: str) -> Loss | None:
    """Why the content of an element is left out, by the attributes of its tag."""
    if not _MAY_HIDE.search(content):
        return None
    from ingestion.loaders.html_content import hidden
    from ingestion.loaders.html_parsing import parse

    body = parse(content).body
    tag = body.find(True) if body is not None else None
    return hidden(tag) if tag is not None else None


def _formula(source: str, sign: str) -> str:
    """A formula on one line, or the source with its dollar signs where it is none."""
    if not _IS_FORMULA.search(source.strip()):
        return f"{sign}{source}{sign}"
    return tex_text(source)
