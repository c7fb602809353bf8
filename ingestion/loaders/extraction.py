"""Collect what a loader extracts: text, and blocks that are right by construction."""

from __future__ import annotations

from collections.abc import Sequence

from ingestion.documents.document import Block, BlockKind, Page, Scalar
from ingestion.documents.visibility import GroupRule
from ingestion.loaders.cleaning import clean, one_line, prose
from ingestion.loaders.losses import Losses
from ingestion.loaders.tables import Row, laid_out, pipe_table
from ingestion.loaders.titles import is_generic

DEEPEST_LEVEL = 6


class TextBuilder:
    """Appends pieces to one text and records each as a block.

    Blocks are parted by an empty line. Empty pieces are dropped, so callers need not ask.

    Attributes:
        title: the title that the format itself states, if any; `None` leaves the choice to the
            first level-1 heading.
        metadata: filterable values found along the way.
        groups: what was found of who may see the document.
        losses: what the loader leaves out on purpose.
    """

    def __init__(self) -> None:
        self.title: str | None = None
        self.metadata: dict[str, Scalar | list[str]] = {}
        self.groups = GroupRule()
        self.losses = Losses()
        self.first_heading: str | None = None
        self._parts: list[str] = []
        self._length = 0
        self._blocks: list[Block] = []
        self._lines: list[str] = []
        self._lines_page: Page | None = None

    def heading(self, text: str, level: int, page: Page | None = None) -> None:
        """A heading on one line; `level` 1 is the top."""
        text = one_line(text)
        level = min(max(level, 1), DEEPEST_LEVEL)
        if text and level == 1 and self.first_heading is None and not is_generic(text):
            self.first_heading = text
        self._append(BlockKind.HEADING, text, level=level, page=page)

    def paragraph(self, text: str, page: Page | None = None) -> None:
        """A paragraph; line breaks in it are kept, other white space is collapsed."""
        self._append(BlockKind.TEXT, prose(text), page=page)

    def line(self, text: str, page: Page | None = None) -> None:
        """A line that belongs with the lines before and after it: a list item, a verse, a row.

        Lines in a row become one block. White space at the start (nesting) is kept.
        """
        if page != self._lines_page:
            self._end_lines()
        text = clean(text).rstrip()
        if text.strip():
            self._lines_page = page
            self._lines.append(text)

    def verbatim(self, text: str, page: Page | None = None) -> None:
        """A paragraph of cleaned text whose own layout is kept: plain text is what it is."""
        self._append(BlockKind.TEXT, text.strip(), page=page)

    def code(self, text: str, page: Page | None = None) -> None:
        """A code block, with its indentation."""
        lines = (line.rstrip() for line in clean(text).split("\n"))
        self._append(BlockKind.CODE, "\n".join(lines).strip("\n"), page=page)

    def table(
        self,
        rows: Sequence[Row],
        *,
        header_rows: int | None = None,
        emphasised: int = 0,
        has_merged_cells: bool = True,
        page: Page | None = None,
    ) -> None:
        """A table as Markdown; the first `header_rows` rows are joined into one header.

        Without `header_rows` the rule for all formats finds the header, and the lines of text
        above it, which become paragraphs; see `laid_out` for `emphasised`, `pipe_table` for
        `has_merged_cells`.
        """
        if header_rows is None:
            layout = laid_out(rows, emphasised=emphasised)
            for line in layout.lines_above:
                self.paragraph(line, page)
            rows, header_rows = layout.rows, layout.header_rows
        text, header_end = pipe_table(rows, header_rows, has_merged_cells=has_merged_cells)
        self._append(BlockKind.TABLE, text, page=page, header_length=header_end)

    def result(self) -> tuple[str, tuple[Block, ...]]:
        """The text and its blocks."""
        self._end_lines()
        return "".join(self._parts), tuple(self._blocks)

    def _append(
        self,
        kind: BlockKind,
        text: str,
        *,
        level: int = 0,
        page: Page | None = None,
        header_length: int = 0,
    ) -> None:
        if not text:
            return
        self._end_lines()
        if self._parts:
            self._parts.append("\n\n")
            self._length += 2
        start = self._length
        self._parts.append(text)
        self._length += len(text)
        header_end = start + header_length if kind is BlockKind.TABLE else 0
        self._blocks.append(Block(kind, start, self._length, level, page, header_end))

    def _end_lines(self) -> None:
        if self._lines:
            lines, self._lines = self._lines, []
            self._append(BlockKind.TEXT, "\n".join(lines).lstrip(), page=self._lines_page)
        self._lines_page = None
