"""Which elements of a page hold the text of a footnote, and what its mark says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingestion.loaders.html_inline import BLOCKS, is_note_mark, short_text

if TYPE_CHECKING:
    from bs4 import Tag

_HOLDERS = frozenset(("li", "p", "div", "aside", "section", "footer", "blockquote"))


class HtmlNotes:
    """The footnotes of a page.

    A link that is the mark of a note leads to an element further down; the block that begins there
    is the note's text. A mark that the text itself begins with is the label once more.
    """

    def __init__(self, root: Tag) -> None:
        self._labels: dict[int, str] = {}  # by id() of the block
        self._repeated: set[int] = set()  # id() of the elements that repeat a label
        links = [link for link in root.find_all("a", href=True) if _leads_to_note(link)]
        if not links:
            return
        order: dict[int, int] = {}
        targets: dict[str, Tag] = {}
        for place, tag in enumerate(root.find_all(True)):
            order[id(tag)] = place
            for name in (tag.get("id"), tag.get("name")):
                if name:
                    targets.setdefault(str(name), tag)
        for link in links:
            target = targets.get(str(link["href"])[1:])
            if target is None or order[id(target)] < order[id(link)]:
                continue  # a way back from a note
            block = _block_begun_by(target)
            if block is not None:
                label = short_text(link).strip(" []()")
                self._labels.setdefault(id(block), label)
                self._find_repeated(block, self._labels[id(block)])

    def label(self, block: Tag) -> str:
        """The label of the note whose text the block is; empty if it is none."""
        return self._labels.get(id(block), "")

    def is_repeated_label(self, tag: Tag) -> bool:
        """Whether the element only repeats the label at the start of a note."""
        return id(tag) in self._repeated

    def _find_repeated(self, block: Tag, label: str) -> None:
        first = next((text for text in block.strings if text.strip()), None)
        parent = first.parent if first is not None else None
        while parent is not None and parent is not block and parent.name not in BLOCKS:
            alone = short_text(parent).strip(" []().:^") == label
            if alone and parent.name in ("sup", "a"):
                self._repeated.add(id(parent))
            parent = parent.parent


def _leads_to_note(link: Tag) -> bool:
    if not str(link["href"]).startswith("#"):
        return False
    around = link.find_parent("sup")
    marks = (link, around, link.find("sup"))
    return any(mark is not None and is_note_mark(mark) for mark in marks)


def _block_begun_by(target: Tag) -> Tag | None:
    """The block that the element is, or that begins with it."""
    block = target
    while block.name not in BLOCKS:
        if block.parent is None:
            return None
        block = block.parent
    if block.name not in _HOLDERS:
        return None
    if block is not target:
        for piece in block.descendants:
            if piece is target:
                break
            if isinstance(piece, str) and piece.strip():
                return None
    return block
