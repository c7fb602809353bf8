"""Lay the text of a document out again from its chunks.

An index keeps chunks, and no documents. A chunk's text stands at its offsets in the document's
extracted text; chunks may overlap, and leave out headings and the header of a table that was cut.
These are in the chunk's heading path and context, and are put back where they stood.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingestion.documents.document import Chunk

# Between two windows of a large document.
LEFT_OUT = "\n\n[…]\n\n"
DEEPEST_HEADING = 6
_DELIMITER = re.compile(r"\|(?:\s*:?-+:?\s*\|)+\s*")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the document that stands in the laid out text as it is.

    Attributes:
        at: where it begins in the laid out text.
        start: where it begins in the document's extracted text.
        end: where it ends there, exclusive.
        chunk: the chunk that it comes from.
    """

    at: int
    start: int
    end: int
    chunk: Chunk

    @property
    def after(self) -> int:
        """Where it ends in the laid out text, exclusive."""
        return self.at + self.end - self.start


@dataclass(frozen=True, slots=True)
class DocumentText:
    """A document's text, Markdown-like: `#` before headings, pipe tables, paragraphs.

    Attributes:
        text: the text.
        pieces: which of it stands in the document, in order; the rest was put in.
    """

    text: str
    pieces: Sequence[Piece]

    def place(self, start: int, end: int) -> tuple[int, int] | None:
        """Where `[start, end)` of the document stands in `text`; None: nothing of it does."""
        held = [piece for piece in self.pieces if piece.start < end and piece.end > start]
        if not held:
            return None
        first, last = held[0], held[-1]
        return (
            first.at + max(start - first.start, 0),
            last.at + min(end, last.end) - last.start,
        )

    def origin(self, start: int, end: int) -> tuple[int, int] | None:
        """Where `[start, end)` of `text` stands in the document; None: nothing of it does."""
        held = [piece for piece in self.pieces if piece.at < end and piece.after > start]
        if not held:
            return None
        first, last = held[0], held[-1]
        return (
            first.start + max(start - first.at, 0),
            last.start + min(end, last.after) - last.at,
        )

    def chunk_at(self, start: int, end: int) -> Chunk | None:
        """The chunk in which `[start, end)` of `text` begins."""
        place = bisect_right(self.pieces, start, key=lambda piece: piece.at) - 1
        for piece in self.pieces[max(place, 0) :]:
            if piece.after > start:
                return piece.chunk if piece.at < end else None
        return None

    def windows(
        self, spans: Iterable[tuple[int, int]], around: int
    ) -> tuple[DocumentText, list[tuple[int, int]]]:
        """The text around spans alone, and where these begin and end in it.

        Args:
            spans: places in `text`.
            around: characters to keep on either side; a window ends at the end of a line where one
                is near.
        """
        wanted = list(spans)
        windows: list[list[int]] = []
        for start, end in sorted(wanted or [(0, 0)]):
            begin, stop = self._line_start(start - around), self._line_end(end + around)
            if windows and begin <= windows[-1][1]:
                windows[-1][1] = max(windows[-1][1], stop)
            else:
                windows.append([begin, stop])
        parts: list[str] = []
        pieces: list[Piece] = []
        shifts: list[tuple[int, int]] = []  # start of a window, and by how much it moves
        length = 0
        for begin, stop in windows:
            if begin > 0:
                parts.append(LEFT_OUT.lstrip() if not parts else LEFT_OUT)
                length += len(parts[-1])
            shifts.append((begin, length - begin))
            parts.append(self.text[begin:stop])
            for piece in self.pieces:
                left, right = max(piece.at, begin), min(piece.after, stop)
                if left < right:
                    offset = piece.start - piece.at
                    pieces.append(
                        Piece(left + length - begin, left + offset, right + offset, piece.chunk)
                    )
            length += stop - begin
        if windows[-1][1] < len(self.text):
            parts.append(LEFT_OUT.rstrip())
        moved = []
        for start, end in wanted:
            shift = shifts[bisect_right(shifts, start, key=lambda one: one[0]) - 1][1]
            moved.append((start + shift, end + shift))
        return DocumentText("".join(parts), pieces), moved

    def _line_start(self, at: int) -> int:
        if at <= 0:
            return 0
        found = self.text.rfind("\n", max(at - 2000, 0), at)
        return found + 1 if found >= 0 else at

    def _line_end(self, at: int) -> int:
        if at >= len(self.text):
            return len(self.text)
        found = self.text.find("\n", at, at + 2000)
        return found if found >= 0 else at


def laid_out(chunks: Sequence[Chunk]) -> DocumentText:
    """A document's text from all of its chunks."""
    parts: list[str] = []
    pieces: list[Piece] = []
    length = covered = 0
    path: tuple[str, ...] = ()
    for chunk in sorted(chunks, key=lambda one: (one.start, one.ordinal)):
        if chunk.end <= covered:
            continue
        start = max(chunk.start, covered)
        text = chunk.text[start - chunk.start :]
        before = _between(chunk, path, start - covered, at_start=not pieces, text=text)
        parts += [before, text]
        pieces.append(Piece(length + len(before), start, start + len(text), chunk))
        length += len(before) + len(text)
        covered = start + len(text)
        path = chunk.heading_path
    return DocumentText("".join(parts), pieces)


def _between(chunk: Chunk, path: tuple[str, ...], gap: int, *, at_start: bool, text: str) -> str:
    """What stands in front of a chunk: headings, a table's header, white space.

    Args:
        path: the headings of the chunk before.
        gap: how many characters of the document stand between the two.
    """
    headings = _new_headings(chunk.heading_path, path, gap)
    if headings:
        lines = [
            f"{'#' * min(depth, DEEPEST_HEADING)} {' '.join(heading.split())}"
            for depth, heading in headings
        ]
        begin = "" if at_start else "\n\n"
        return begin + "\n\n".join([*lines, _table_header(chunk, text)])
    if at_start:
        return _table_header(chunk, text)
    if gap == 0:
        return ""
    if gap == 1:
        return "\n" if text.startswith("|") or _is_item(text) else " "
    return "\n\n" + (_table_header(chunk, text) if gap > 2 else "")


def _new_headings(
    path: tuple[str, ...], before: tuple[str, ...], gap: int
) -> list[tuple[int, str]]:
    """Headings that stand in a gap, each with its depth; of a repeated path, the innermost one."""
    same = 0
    while same < min(len(path), len(before)) and path[same] == before[same]:
        same += 1
    found = [(depth + 1, heading) for depth, heading in enumerate(path) if depth >= same]
    if not found and path and path == before and gap == len(path[-1]) + 4:
        found = [(len(path), path[-1])]
    if sum(len(heading) for _, heading in found) > gap:
        return []
    return found


def _table_header(chunk: Chunk, text: str) -> str:
    """The header of the table of which the chunk holds later rows; empty where it holds none."""
    if not text.startswith("|") or _DELIMITER.search(text.partition("\n")[2].partition("\n")[0]):
        return ""
    lines = chunk.context.split("\n")
    first = len(lines)
    while first and lines[first - 1].startswith("|"):
        first -= 1
    header = lines[first:]
    if not header:
        return ""
    if not _DELIMITER.fullmatch(header[-1]):
        # It was shortened to fit the context.
        header = [header[0], "|" + " --- |" * max(header[0].count("|") - 1, 1)]
    return "\n".join(header) + "\n"


def _is_item(text: str) -> bool:
    return bool(re.match(r"(?:[-*•]|\d{1,3}[.)])\s", text))
