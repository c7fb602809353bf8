"""The text of HTML elements on a line: emphasis, raised figures, notes, ruby, formulas, fields.

Paragraphs, items, headings, captions and cells are all read here, so that they read alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingestion.loaders.html_beside import NOT_SHOWN
from ingestion.loaders.html_lists import OpenList, marker_of
from ingestion.loaders.inline_text import InlineText
from ingestion.loaders.losses import Losses
from ingestion.loaders.math_text import mathml_text, tex_text
from ingestion.loaders.notation import Script

if TYPE_CHECKING:
    from bs4 import Tag
    from bs4.element import PageElement

BLOCKS = frozenset(
    "address article aside blockquote body center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr legend li listing main menu "
    "nav ol optgroup p pre search section summary table tbody td tfoot th thead tr ul caption xmp "
    "template".split()
)
LISTS = frozenset(("ul", "ol", "menu", "dir"))
_TABLE_PARTS = frozenset(("td", "th", "tr"))
_RAISED_BY_STYLE = frozenset("span font b i em strong small a u".split())
_ALIGNED = re.compile(r"vertical-align:(super|sub|(-?\d*\.?\d*[1-9]\d*)(?:px|pt|r?em|ex|%))")
_MOVED = re.compile(r"(?<![\w-])(top|bottom):(-?\d*\.?\d*[1-9]\d*)")
_WITH_SPACE = frozenset(
    ("label", "button", "option", "output", "meter", "progress", "select", "textarea")
)
_APART_ROLES = frozenset(("tab", "listitem", "option", "cell", "columnheader"))
_NO_VALUE = frozenset("hidden password submit reset button image file range color".split())
_SYMBOLS = frozenset("span i b em strong a abbr img figure div".split())
_NOTE_LABEL = re.compile(r"[\[(]?\s*([\w*†‡§¶.,–-]{1,6})\s*[\])]?")
_LONGEST_LABEL = 40  # characters, with white space
_NOTE_CLASS = re.compile(r"foot-?note|note-?ref|^reference$|^fn(?:-|$|ref)|endnote", re.IGNORECASE)
_FORMULA_IMAGE = re.compile(r"math|latex|tex\b", re.IGNORECASE)


@dataclass(slots=True)
class Leave:
    """Stands on the stack for the end of an element that has been entered."""

    tag: Tag


class HtmlInline(InlineText):
    """Collects the text of a paragraph from the inline elements of a page."""

    def text_node(self, text: str) -> None:
        """Text as it stands in the page, where a line break is a space."""
        self.add(text.replace("\n", " ").replace("\r", " "))

    def enter(self, tag: Tag) -> bool:
        """Start an inline element; False if it has been dealt with, content included."""
        name = tag.name
        if name == "script":
            if str(tag.get("type") or "").startswith("math/tex"):
                self.add_formula(tex_text(tag.get_text()))
        elif name == "br":
            self.add("\n")
        elif name == "img":
            self.add(_alternative(tag))
        elif name == "math":
            self.add_formula(mathml_text(tag))
        elif name == "svg":
            self.add(_drawing_text(tag))
        elif name == "input":
            self.add(_field_text(tag))
        elif name in NOT_SHOWN:
            pass
        elif label := _symbol_label(tag):
            self.add(label)
        else:
            self._open_element(tag)
            return True
        return False

    def leave(self, tag: Tag) -> None:
        """End an element that `enter` has started."""
        name = tag.name
        if script_of(tag) is not Script.BASE:
            self.close()
        elif name == "q":
            self.add("”")
        elif _stands_apart(tag) and name != "option":
            self.add(" ")

    def _open_element(self, tag: Tag) -> None:
        name = tag.name
        script = script_of(tag)
        if script is not Script.BASE:
            self.open(script)
        elif name == "q":
            self.add("“")
        elif _stands_apart(tag):
            self.add(", " if name == "option" and tag.find_previous_sibling("option") else " ")


def flat_text(root: Tag, losses: Losses) -> str:
    """All text of an element as lines: a cell, a heading, a caption."""
    from bs4 import Tag

    inline = HtmlInline(losses)
    lists: list[OpenList] = []
    stack: list[PageElement | Leave] = list(reversed(root.contents))
    while stack:
        step = stack.pop()
        if isinstance(step, Leave):
            _leave_flat(step.tag, inline, lists)
        elif isinstance(step, Tag):
            if step.name in BLOCKS:
                _enter_flat(step, inline, lists)
            elif not inline.enter(step):
                continue
            stack.append(Leave(step))
            stack.extend(reversed(step.contents))
        elif is_shown(step):
            if getattr(step.previous_sibling, "name", None) in _TABLE_PARTS:
                inline.add(" ")  # text between cells
            inline.text_node(str(step))
    return inline.take()


def is_shown(node: PageElement) -> bool:
    """Whether a node is text that is drawn: comments, doctypes and the like show nothing."""
    from bs4.element import NavigableString, PreformattedString

    return isinstance(node, NavigableString) and not isinstance(node, PreformattedString)


def _enter_flat(tag: Tag, inline: HtmlInline, lists: list[OpenList]) -> None:
    name = tag.name
    if name in ("td", "th") and tag.find_previous_sibling(["td", "th"]) is not None:
        inline.add(", ")  # a table within a cell
    elif name == "tr" and tag.find_previous("tr") is not None and tag.find_previous_sibling("tr"):
        inline.add("; ")
    else:
        inline.add(" " if name in _TABLE_PARTS else "\n")
    if name in LISTS:
        lists.append(OpenList.of(tag))
    elif name == "li":
        marker = marker_of(tag, lists)
        inline.add(f"{marker} " if marker != "-" else "")


def _leave_flat(tag: Tag, inline: HtmlInline, lists: list[OpenList]) -> None:
    name = tag.name
    if name not in BLOCKS:
        inline.leave(tag)
    elif name not in _TABLE_PARTS:
        inline.add("\n")
    if name in LISTS and lists:
        lists.pop()


def _stands_apart(tag: Tag) -> bool:
    """Whether an inline element is drawn apart from its neighbours: labels, options, tabs."""
    return tag.name in _WITH_SPACE or (bool(tag.attrs) and tag.get("role") in _APART_ROLES)


def script_of(tag: Tag) -> Script:
    """Whether an element is raised, lowered, or the mark of a note."""
    name = tag.name
    if name == "sub":
        return Script.LOWERED
    if name == "a":
        if is_note_mark(tag):
            return Script.NOTE
    elif name == "sup":
        return Script.NOTE if is_note_mark(tag) else Script.RAISED
    if not tag.attrs or name not in _RAISED_BY_STYLE:
        return Script.BASE
    script = _script_by_style("".join(str(tag.get("style") or "").lower().split()))
    if script is Script.BASE or tag.find(["sup", "sub", "img"]) is not None:
        return Script.BASE
    return Script.NOTE if script is Script.RAISED and is_note_mark(tag) else script


def _script_by_style(style: str) -> Script:
    """Whether a style raises or lowers; by a distance, only if the text is smaller as well."""
    found = _ALIGNED.search(style)
    if found and found[1] in ("super", "sub"):
        return Script.RAISED if found[1] == "super" else Script.LOWERED
    if "font-size:" not in style:
        return Script.BASE
    moved = _MOVED.search(style) if "position:relative" in style else None
    if found and found[2]:
        raised = not found[2].startswith("-")
    elif moved:
        raised = (moved[1] == "top") == moved[2].startswith("-")
    else:
        return Script.BASE
    return Script.RAISED if raised else Script.LOWERED


def is_note_mark(tag: Tag) -> bool:
    """Whether <sup> or <a> is the mark of a footnote."""
    if tag.name == "a":
        if tag.find("sup") is not None or tag.find_parent("sup") is not None:
            # The link around a raised mark says that it is a note; the mark itself is <sup>.
            return False
        roles = f"{tag.get('role') or ''} {tag.get('epub:type') or ''}"
        marked = "noteref" in roles or any(map(_NOTE_CLASS.search, tag.get("class") or []))
        return (
            marked and "backref" not in roles and _NOTE_LABEL.fullmatch(short_text(tag)) is not None
        )
    if _NOTE_LABEL.fullmatch(short_text(tag)) is None:
        return False
    parents = [parent for parent in (tag.parent,) if parent is not None and parent.name == "a"]
    for link in (*tag.find_all("a"), *parents):
        if str(link.get("href") or "").startswith("#") or "noteref" in str(link.get("role") or ""):
            return True
    return any(map(_NOTE_CLASS.search, tag.get("class") or []))


def short_text(tag: Tag) -> str:
    """The text of an element, or more of it than the label of a note has."""
    text = ""
    for piece in tag.strings:
        text += piece
        if len(text) > _LONGEST_LABEL:
            break
    return text.strip()


def _alternative(image: Tag) -> str:
    text = str(image.get("alt") or image.get("title") or image.get("aria-label") or "")
    classes = " ".join(image.get("class") or [])
    return tex_text(text) if text and _FORMULA_IMAGE.search(classes) else text


def _drawing_text(drawing: Tag) -> str:
    """Labels in an SVG drawing, or what it says it shows."""
    texts = [text.get_text(" ") for text in drawing.find_all("text")]
    if not texts and str(drawing.get("role") or "") == "img":
        title = drawing.find(["title", "desc"])
        texts = [str(drawing.get("aria-label") or (title.get_text() if title else ""))]
    return " ".join(texts)


def _field_text(field_: Tag) -> str:
    kind = str(field_.get("type") or "text").lower()
    if kind in ("checkbox", "radio"):
        return "[x] " if field_.has_attr("checked") else "[ ] "
    if kind == "image":
        return str(field_.get("alt") or "")
    return f" {field_.get('value') or ''} " if kind not in _NO_VALUE else ""


def _symbol_label(tag: Tag) -> str:
    """What a sign without letters stands for, as a screen reader says it."""
    if not tag.attrs or tag.name not in _SYMBOLS:
        return ""
    label = tag.get("aria-label") or (tag.get("title") if not tag.contents else "")
    if not label or tag.find("img") is not None or any(map(str.isalnum, tag.get_text())):
        return ""
    return str(label)


def reversed_children(tag: Tag) -> Iterator[PageElement]:
    """The children, the last first, as a stack takes them."""
    return reversed(tag.contents)
