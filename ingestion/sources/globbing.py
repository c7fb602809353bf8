"""Match paths with a glob: `*`, `?` and `[…]` within a name, `**` for any number of folders."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from itertools import groupby

ANY_DEPTH = "**"


class Glob:
    """A glob below a folder. Letter case counts, on every system."""

    def __init__(self, pattern: str) -> None:
        """Args: pattern: relative, with POSIX separators; `docs/**` means every file below."""
        # Two `**` in a row say no more than one, and cost a search each.
        self._segments = [
            segment
            for segment, run in groupby(part for part in pattern.split("/") if part)
            for _ in ([None] if segment == ANY_DEPTH else run)
        ]

    @property
    def depth(self) -> int | None:
        """How many levels down a match can be, 1 for the folder's own files; None: any."""
        return None if ANY_DEPTH in self._segments else len(self._segments)

    def matches(self, path: str) -> bool:
        """Whether a file's path below the folder fits."""
        return _fits(path.split("/"), self._segments)

    def may_lead(self, folder: str) -> bool:
        """Whether files below this folder (its path below the glob's) could fit."""
        parts = folder.split("/")
        for part, segment in zip(parts, self._segments, strict=False):
            if segment == ANY_DEPTH:
                return True
            if not fnmatchcase(part, segment):
                return False
        return len(parts) < len(self._segments)


def _fits(parts: Sequence[str], segments: Sequence[str]) -> bool:
    if not segments:
        return not parts
    if segments[0] != ANY_DEPTH:
        return bool(parts) and fnmatchcase(parts[0], segments[0]) and _fits(parts[1:], segments[1:])
    if len(segments) == 1:
        return bool(parts)
    return any(_fits(parts[start:], segments[1:]) for start in range(len(parts)))
