"""Fold case and width, and keep for every folded character the place it came from.

Folding may lengthen a text: `ß` becomes `ss`, `ﬁ` becomes `fi`. An offset into folded text is
therefore no offset into the text itself; `Folded.span` turns one into the other.
"""

from __future__ import annotations

import unicodedata
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


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text with its way back.

    Attributes:
        text: the folded text; runs of white space are one space, and none stand at the ends.
        starts: for each folded character, the start of what it came from.
        ends: for each folded character, the end of what it came from, exclusive.
    """

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

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
    pieces: list[tuple[int, int, str]] = []
    start = 0
    while start < len(text):
        end = start + 1
        # A letter folds together with the marks that follow it, since composition joins them.
        while end < len(text) and _joins(text[end]):
            end += 1
        cluster = text[start:end]
        folded = cluster.casefold() if cluster.isascii() else _fold_cluster(cluster)
        pieces.append((start, end, folded))
        start = end
    return _joined(text, pieces)


def _joins(character: str) -> bool:
    """Whether a character belongs to the one before it: a mark, or a Hangul vowel or final."""
    return (
        unicodedata.category(character) in ("Mn", "Mc", "Me") or "\u1160" <= character <= "\u11ff"
    )


@lru_cache(maxsize=4096)
def _fold_cluster(cluster: str) -> str:
    seen = "".join(c for c in cluster if c not in _UNSEEN)
    plain = unicodedata.normalize("NFD", seen).translate(_PLAIN)
    # Unicode's canonical caseless matching: NFD(casefold(NFD(x))).
    folded = unicodedata.normalize("NFD", plain.casefold())
    # A Cherokee or Greek letter may fold once more after it is decomposed.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", folded.casefold()))


def _joined(text: str, pieces: list[tuple[int, int, str]]) -> Folded:
    """One folded text of the pieces, with every run of white space as one space."""
    folded: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    space: tuple[int, int] | None = None
    for start, end, piece in pieces:
        if piece.isspace():
            space = (space[0] if space else start, end)
            continue
        if not piece:
            continue
        if space is not None and folded:
            folded.append(" ")
            starts.append(space[0])
            ends.append(space[1])
        space = None
        folded.append(piece)
        starts += [start] * len(piece)
        ends += [end] * len(piece)
    return Folded("".join(folded), tuple(starts), tuple(ends))
