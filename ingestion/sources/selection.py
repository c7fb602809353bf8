"""Which of a source's files are wanted: `include` and `exclude`, written as in .gitignore."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


class Selection:
    """Files that `include` names (all, if it names none) and `exclude` does not."""

    def __init__(self, include: Sequence[str], exclude: Sequence[str]) -> None:
        self._include = compiled(include) if include else None
        self._exclude = compiled(exclude) if exclude else None

    def wants(self, path: str) -> bool:
        """Whether the file at `path` (below the source, POSIX separators) is wanted."""
        if self._include is not None and not self._include.match_file(path):
            return False
        return self._exclude is None or not self._exclude.match_file(path)


def compiled(patterns: Sequence[str]) -> GitIgnoreSpec:
    """The patterns, ready to match.

    Raises:
        ValueError: one of them is malformed, or could never match.
    """
    from pathspec import GitIgnoreSpec

    for pattern in patterns:
        if not pattern.strip() or pattern.startswith("#"):
            raise ValueError(f"the pattern {pattern!r} matches nothing; remove it")
        try:
            GitIgnoreSpec.from_lines([pattern])
        except ValueError as error:
            raise ValueError(
                f"the pattern {pattern!r} is malformed; write it as in .gitignore"
            ) from error
    return GitIgnoreSpec.from_lines(patterns)
