"""Group a document's blocks under their headings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ingestion.documents.document import Block, BlockKind, Document, Page

# A "heading" of more characters is a paragraph that somebody styled; a context could not hold it.
LONGEST_HEADING = 200


@dataclass(slots=True)
class Section:
    """Blocks in a row that share a heading path and a page.

    Attributes:
        heading_path: headings above the blocks, outermost first.
        page: their page, slide or sheet.
        blocks: what stands under the headings.
    """

    heading_path: tuple[str, ...]
    page: Page | None
    blocks: list[Block] = field(default_factory=list)


def sections(document: Document) -> Iterator[Section]:
    """The document's sections in reading order.

    A heading with nothing under it is a section in its own right, or nobody would find it.
    """
    stack: list[tuple[int, str]] = []
    current: Section | None = None
    bare: Block | None = None
    for block in document.blocks:
        if block.kind is BlockKind.HEADING and block.end - block.start <= LONGEST_HEADING:
            if bare is not None and block.level <= bare.level:
                yield Section(_path(stack)[:-1], bare.page, [bare])
            if current is not None:
                yield current
                current = None
            while stack and stack[-1][0] >= block.level:
                stack.pop()
            stack.append((block.level, document.text[block.start : block.end].strip()))
            bare = block
            continue
        if current is not None and current.page != block.page:
            yield current
            current = None
        if current is None:
            current = Section(_path(stack), block.page)
        bare = None
        current.blocks.append(block)
    if current is not None:
        yield current
    if bare is not None:
        yield Section(_path(stack)[:-1], bare.page, [bare])


def _path(stack: list[tuple[int, str]]) -> tuple[str, ...]:
    return tuple(text for _, text in stack)
