"""Fold case and width, and keep for every folded character the place it came from.

Folding may lengthen a text: `ß` becomes `ss`, `ﬁ` becomes `fi`. An offset into folded text is
therefore no offset into the text itself; `Folded.span` turns one into the other.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

# Quotation marks and dashes that count as the plain ones.
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("“”„‟«»″＂", '"'),
        **dict.fromkeys("‘’‚‛‹›′＇ʼ", "'"),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        "ı": "i",  # its capital is I
    }
)
# Characters that nobody sees: they join or separate, or mark where a word may be broken.
_UNSEEN = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")
# ASCII words, or white space, without a last character that a mark may follow.
_PLAIN_RUN = re.compile(r"(?:[!-~]+(?: [!-~]+)*|[ \t\n\r]+)(?![^\x00-\x7f])")
# Longer clusters (in characters) are no letters of any language, and are not remembered.
_REMEMBERED = 8


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text with its way back.

    Attributes:
        text: the folded text; runs of white space are one space, and none stand at the ends.
        starts: for each folded character, the start of what it came from.
        ends: for each folded character, the end of what it came from, exclusive.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def find(self, words: str) -> tuple[int, int] | None:
        """The span in the original text where folded `words` first stand; None if they do not.

        A match never begins or ends inside an original character: `s` is not found in `ß`.
        """
        at = self.text.find(words) if words else -1
        while at >= 0:
            after = at + len(words)
            whole_start = at == 0 or self.ends[at - 1] <= self.starts[at]
            whole_end = after == len(self.text) or self.ends[after - 1] <= self.starts[after]
            if whole_start and whole_end:
                return self.starts[at], self.ends[after - 1]
            at = self.text.find(words, at + 1)
        return None


def fold(text: str) -> Folded:
    """Fold case (full Unicode case folding), composition, white space, quotation marks and dashes.

    Two texts that differ in nothing else fold to the same. Accents stay, and so do raised digits
    and fractions.
    """
    folded: list[str] = []
    starts, ends = array("L"), array("L")
    space: tuple[int, int] | None = None
    at = 0
    while at < len(text):
        run = _PLAIN_RUN.match(text, at)
        end = run.end() if run else _end_of_cluster(text, at)
        piece = text[at:end].lower() if run else _folded_cluster(text[at:end])
        if piece.isspace():
            space = (space[0] if space else at, end)
        elif piece:
            if space is not None and folded:
                folded.append(" ")
                starts.append(space[0])
                ends.append(space[1])
            space = None
            folded.append(piece)
            starts.extend(range(at, end) if run else [at] * len(piece))
            ends.extend(range(at + 1, end + 1) if run else [end] * len(piece))
        at = end
    return Folded("".join(folded), starts, ends)


def _end_of_cluster(text: str, start: int) -> int:
    """Where the letter at `start` ends with its marks: they fold together, as composition joins them."""
    end = start + 1
    while end < len(text) and _joins(text[end]):
        end += 1
    return end


def _joins(character: str) -> bool:
    """Whether a character belongs to the one before it: a mark, or a Hangul vowel or final."""
    return (
        unicodedata.category(character) in ("Mn", "Mc", "Me") or "\u1160" <= character <= "\u11ff"
    )


def _folded_cluster(cluster: str) -> str:
    return _remembered(cluster) if len(cluster) <= _REMEMBERED else _fold_cluster(cluster)


@lru_cache(maxsize=4096)
def _remembered(cluster: str) -> str:
    return _fold_cluster(cluster)


def _fold_cluster(cluster: str) -> str:
    seen = "".join(c for c in cluster if c not in _UNSEEN)
    plain = unicodedata.normalize("NFD", seen).translate(_PLAIN)
    # Unicode's canonical caseless matching: NFD(casefold(NFD(x))).
    folded = unicodedata.normalize("NFD", plain.casefold())
    # A Cherokee or Greek letter may fold once more after it is decomposed.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", folded.casefold()))
