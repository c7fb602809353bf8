"""The text of a Word paragraph, as it reads once tracked changes are accepted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"

# What is not part of the running text: deleted or moved-away text, the old-program copy of a
# drawing, text boxes (written after the paragraph), and the instructions of fields.
_SKIPPED = {W + name for name in ("del", "moveFrom", "txbxContent", "instrText", "pPr", "rPr")}
_SKIPPED.add("{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback")
_MARKS = {
    W + "tab": "\t",
    W + "br": "\n",
    W + "cr": "\n",
    W + "noBreakHyphen": "-",
    W + "ptab": "\t",
}


def paragraph_text(paragraph: Any) -> str:
    """Everything the paragraph shows: runs, links, fields' results, insertions, formulas."""
    return "".join(_pieces(paragraph))


def cell_text(cell: Any) -> str:
    """The paragraphs of a table cell, nested tables' among them, as lines."""
    return "\n".join(filter(None, (paragraph_text(p).strip() for p in cell.iter(W + "p"))))


def _pieces(paragraph: Any) -> Iterator[str]:
    stack = list(reversed(paragraph))
    while stack:
        element = stack.pop()
        tag = element.tag
        if tag in _SKIPPED:
            continue
        if tag in (W + "t", M + "t"):
            yield element.text or ""
        elif tag in _MARKS:
            yield _MARKS[tag]
        elif tag == W + "sym":
            yield "\N{BULLET}"
        else:
            stack.extend(reversed(element))
