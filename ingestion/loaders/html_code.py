"""Read code in HTML with its lines: <pre>, and <code> whose lines are elements."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingestion.loaders.html_inline import BLOCKS, HtmlInline, Leave, is_shown, reversed_children
from ingestion.loaders.losses import Losses

if TYPE_CHECKING:
    from bs4 import Tag
    from bs4.element import PageElement

_CODE = frozenset(("pre", "listing", "xmp"))
_LINE_CLASSES = frozenset(
    "line code-line token-line view-line cm-line codeline hljs-ln-line".split()
)
# Keep their lines if their style says so.
_KEEPING = frozenset(("code", "div", "p", "samp", "tt"))
_KEEPS_SPACES = re.compile(r"white-space\s*:\s*pre\s*(?:;|!|$)", re.IGNORECASE)
_BLOCK_NAMES = sorted(BLOCKS)
_BLOCK_STYLE = re.compile(r"display:(?:block|flex|grid|table|list-item)")


def is_code_block(tag: Tag) -> bool:
    """Whether an element holds lines of code."""
    if tag.name in _CODE:
        return True
    if tag.name in _KEEPING and tag.attrs and _KEEPS_SPACES.search(str(tag.get("style") or "")):
        return tag.find(_BLOCK_NAMES) is None
    if tag.name != "code" or len(tag.contents) < 2 or tag.find("code") is not None:
        return False
    return any(child.name == "br" or _is_line(child) for child in tag.find_all(True))


def code_text(code: Tag, losses: Losses) -> str:
    """The code, each line on its own."""
    from bs4 import Tag

    inline = HtmlInline(losses)
    last = "\n"  # the last character so far
    stack: list[PageElement | Leave] = list(reversed_children(code))
    while stack:
        step = stack.pop()
        text = ""
        if isinstance(step, Leave):
            if _is_line(step.tag):
                text = "" if last == "\n" else "\n"
            else:
                inline.leave(step.tag)
        elif isinstance(step, Tag):
            if _is_line(step):
                text = "" if last == "\n" else "\n"
            elif step.name == "br":
                text = "" if last == "\n" and _ends_line(step) else "\n"
            elif not inline.enter(step):
                last = " "
                continue
            if step.name != "br":
                stack.append(Leave(step))
                stack.extend(reversed_children(step))
        elif is_shown(step):
            text = str(step)
            if last == "\n" and not text.strip(" \t\r\n") and _between_blocks(step):
                text = ""
        if text:
            inline.add(text)
            last = text[-1]
    return inline.take_as_it_is()


def _is_line(tag: Tag) -> bool:
    """Whether an element is a line, or lines, of its own."""
    if tag.name in BLOCKS and tag.name not in ("td", "th"):
        return True
    if not tag.attrs:
        return False
    if _LINE_CLASSES.intersection(tag.get("class") or ()):
        return True
    return bool(_BLOCK_STYLE.search(str(tag.get("style") or "").replace(" ", "").lower()))


def _ends_line(mark: Tag) -> bool:
    """Whether a line break stands right behind a line element, which ends its line already."""
    from bs4 import Tag

    before = mark.previous_sibling
    return isinstance(before, Tag) and _is_line(before)


def _between_blocks(text: PageElement) -> bool:
    """Whether white space only parts line elements in the source of the page."""
    from bs4 import Tag

    before, after = text.previous_sibling, text.next_sibling
    return (isinstance(before, Tag) and _is_line(before)) and (
        after is None or (isinstance(after, Tag) and _is_line(after))
    )
