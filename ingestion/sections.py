"""Group a document's blocks under their headings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ingestion.documents import Block, BlockKind, Document, Page
from ingestion.tokens import Measure

# A section shorter than this (tokens) says too little to be found alone.
SMALL_SECTION = 40
# A "heading" of more characters is a paragraph that somebody styled; a context could not hold it.
LONGEST_HEADING = 200


@dataclass(slots=True)
class Section:
    """Blocks in a row that share a heading path and a page.

    Attributes:
        heading_path: headings above the blocks, outermost first.
        page: their page, slide or sheet.
        heading: the section's own heading block, not among `blocks`.
        blocks: what stands under it.
    """

    heading_path: tuple[str, ...]
    page: Page | None
    heading: Block | None = None
    blocks: list[Block] = field(default_factory=list)

    @property
    def start(self) -> int:
        """First character, own heading included."""
        return self.heading.start if self.heading else self.blocks[0].start

    @property
    def end(self) -> int:
        """End of the last block."""
        return self.blocks[-1].end


def sections(document: Document, measure: Measure, budget: int) -> list[Section]:
    """The document's sections in reading order; small neighbours are joined while they fit `budget` tokens."""
    joined: list[Section] = []
    for section in _split(document):
        previous = joined[-1] if joined else None
        if previous is not None and _join(previous, section, measure, budget):
            continue
        joined.append(section)
    return joined


def _split(document: Document) -> Iterator[Section]:
    stack: list[tuple[int, str]] = []
    current: Section | None = None
    pending: Block | None = None  # a heading under which nothing has come yet
    for block in document.blocks:
        if block.kind is BlockKind.HEADING and block.end - block.start <= LONGEST_HEADING:
            if pending is not None and block.level <= pending.level:
                yield _bare_heading(stack, pending)
            if current is not None:
                yield current
                current = None
            while stack and stack[-1][0] >= block.level:
                stack.pop()
            stack.append((block.level, document.text[block.start : block.end].strip()))
            pending = block
            continue
        if current is not None and current.page != block.page:
            yield current
            current = None
        if current is None:
            path = tuple(text for _, text in stack)
            own = pending if pending is not None and pending.page == block.page else None
            current = Section(path, block.page, own)
        pending = None
        current.blocks.append(block)
    if current is not None:
        yield current
    if pending is not None:
        yield _bare_heading(stack, pending)


def _bare_heading(stack: Iterable[tuple[int, str]], heading: Block) -> Section:
    """A heading with nothing under it is text in its own right, or nobody would find it."""
    path = tuple(text for _, text in stack)
    return Section(path[:-1], heading.page, None, [heading])


def _join(previous: Section, section: Section, measure: Measure, budget: int) -> bool:
    """Take `section` into `previous` if either is small, they are kin, and both fit together."""
    if previous.page != section.page:
        return False
    small = min(
        measure.count(previous.start, previous.end), measure.count(section.start, section.end)
    )
    if small >= SMALL_SECTION or measure.count(previous.start, section.end) > budget * 3 // 4:
        return False
    shared = _common(previous.heading_path, section.heading_path)
    if len(shared) < max(len(previous.heading_path), len(section.heading_path)) - 1:
        return False
    if len(shared) < len(previous.heading_path) and previous.heading is not None:
        # The heading leaves the path, so it must be in the text.
        previous.blocks.insert(0, previous.heading)
        previous.heading = None
    if section.heading is not None:
        previous.blocks.append(section.heading)
    previous.blocks.extend(section.blocks)
    previous.heading_path = shared
    return True


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    length = 0
    while length < min(len(one), len(other)) and one[length] == other[length]:
        length += 1
    return one[:length]
