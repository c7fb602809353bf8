"""Undo hyphenation at line ends."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_LAST_PART = re.compile(r"[^\W\d_]+$")
_FIRST_PART = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_HYPHENS = ("-", "\N{HYPHEN}")
# First parts that rather belong to a compound than to a divided word.
_COMPOUNDING = frozenset(
    "all cross ex half high left long low multi near non one peer post pre real right self short "
    "so state three two user well".split()
)


class Hyphens:
    """Joins lines; the document's other words show whether a hyphen was the typesetter's."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._words = {word.casefold() for line in lines for word in _WORD.findall(line)}

    def join(self, before: str, after: str, *, hyphenated: bool) -> str:
        """Two lines of a paragraph as one; `hyphenated` says that a hyphen was taken off the first."""
        if not hyphenated and not before.endswith(_HYPHENS):
            # Chinese and Japanese are written without spaces.
            space = "" if _is_spaceless(before[-1:]) and _is_spaceless(after[:1]) else " "
            return f"{before}{space}{after}"
        before = before if hyphenated else before[:-1]
        if self._is_divided(before, after):
            return before + after
        return f"{before}-{after}"

    def _is_divided(self, before: str, after: str) -> bool:
        last, first = _LAST_PART.search(before), _FIRST_PART.match(after)
        if not last or not first:
            return False
        whole, compound = f"{last[0]}{first[0]}".casefold(), f"{last[0]}-{first[0]}".casefold()
        if whole in self._words or compound in self._words:
            return whole in self._words
        return first[0].islower() and last[0].casefold() not in _COMPOUNDING


def _is_spaceless(character: str) -> bool:
    """Whether it is of a script without spaces; Korean letters are wide too, but have them."""
    return (
        bool(character)
        and unicodedata.east_asian_width(character) == "W"
        and not unicodedata.name(character, "").startswith("HANGUL")
    )
