"""Read code in HTML with its lines: <pre>, and <code> whose lines are elements."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingestion.loaders.html_inline import BLOCKS, Leave, is_shown, reversed_children

if TYPE_CHECKING:
    from bs4 import Tag
    from bs4.element import PageElement

_CODE = frozenset(("pre", "listing", "xmp"))
_LINE_CLASSES = frozenset(
    "line code-line token-line view-line cm-line codeline hljs-ln-line".split()
)
_BLOCK_STYLE = re.compile(r"display:(?:block|flex|grid|table|list-item)")


def is_code_block(tag: Tag) -> bool:
    """Whether an element holds lines of code."""
    if tag.name in _CODE:
        return True
    if tag.name != "code" or len(tag.contents) < 2 or tag.find("code") is not None:
        return False
    return any(child.name == "br" or _is_line(child) for child in tag.find_all(True))


def code_text(code: Tag) -> str:
    """The code, each line on its own."""
    from bs4 import Tag

    written: list[str] = []
    last = "\n"  # the last character so far
    stack: list[PageElement | Leave] = list(reversed_children(code))
    while stack:
        step = stack.pop()
        text = ""
        if isinstance(step, Leave):
            text = "" if last == "\n" else "\n"
        elif isinstance(step, Tag):
            if step.name == "br":
                text = "\n"
            elif step.name == "img":
                text = str(step.get("alt") or "")
            else:
                if _is_line(step):
                    text = "" if last == "\n" else "\n"
                    stack.append(Leave(step))
                stack.extend(reversed_children(step))
        elif is_shown(step):
            text = str(step)
            if last == "\n" and not text.strip(" \t\r\n") and _between_blocks(step):
                text = ""
        if text:
            written.append(text)
            last = text[-1]
    return "".join(written)


def _is_line(tag: Tag) -> bool:
    """Whether an element is a line, or lines, of its own."""
    if tag.name in BLOCKS and tag.name not in ("td", "th"):
        return True
    if not tag.attrs:
        return False
    if _LINE_CLASSES.intersection(tag.get("class") or ()):
        return True
    return bool(_BLOCK_STYLE.search(str(tag.get("style") or "").replace(" ", "").lower()))


def _between_blocks(text: PageElement) -> bool:
    """Whether white space only parts line elements in the source of the page."""
    from bs4 import Tag

    before, after = text.previous_sibling, text.next_sibling
    return (isinstance(before, Tag) and _is_line(before)) and (
        after is None or (isinstance(after, Tag) and _is_line(after))
    )
