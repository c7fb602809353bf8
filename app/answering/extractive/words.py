"""Words, stems, and how telling each stem is among the passages at hand."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import pairwise
from typing import NamedTuple

import Stemmer

# Numbers with their separators, identifiers such as M-21 or COVID-19, and plain words.
_WORD = re.compile(r"\d+(?:[.,]\d+)+|[^\W\d_]+(?:-\d\w*)+|\w+")
_NUMERALS = dict(
    zip(
        "two three four five six seven eight nine ten eleven twelve".split(),
        map(str, range(2, 13)),
        strict=True,
    )
)
# Words that carry grammar, or only ask; nothing is learnt from matching them.
GRAMMAR = frozenset(
    "a about an and any are as at be been being but by can could did do does doing for from had has "
    "have having he her hers him his how i if in into is it its may me might must my of on or our s "
    "shall she should so some such t than that the their them then there these they this those to us "
    "was we were what when where which while who whom whose why will with would you your".split()
)


class Word(NamedTuple):
    """One word of a text.

    Attributes:
        surface: as written.
        stem: lower case, English Snowball stem; small numerals as digits; codes in capitals as they are.
        start: its offset in the text.
    """

    surface: str
    stem: str
    start: int

    @property
    def capital(self) -> bool:
        """Whether it begins with an upper-case letter."""
        return self.surface[0].isupper()

    @property
    def grammar(self) -> bool:
        """Whether it carries grammar only."""
        return self.stem.islower() and self.surface.lower() in GRAMMAR


class Reader:
    """Turns texts into words. A stemmer is not safe to share, so each answer has its own."""

    def __init__(self) -> None:
        self._stemmer = Stemmer.Stemmer("english")

    def read(self, text: str) -> list[Word]:
        """The words of `text` in order."""
        found = [(match[0], match.start()) for match in _WORD.finditer(text)]
        lowered = [_NUMERALS.get(word, word) for word in (surface.lower() for surface, _ in found)]
        stems = self._stemmer.stemWords([word.replace(",", "") for word in lowered])
        words = [
            Word(surface, stem, start) for (surface, start), stem in zip(found, stems, strict=True)
        ]
        for index, word in enumerate(words):
            if word.surface.isupper() and word.stem in GRAMMAR and _is_code(words, index):
                words[index] = word._replace(stem=word.surface)
        return words

    def stems(self, text: str) -> frozenset[str]:
        """The stems of `text`."""
        return frozenset(word.stem for word in self.read(text))

    def content(self, text: str) -> list[Word]:
        """The words of `text` that carry meaning; all of them where none does."""
        words = self.read(text)
        return [word for word in words if not word.grammar] or words


class Compounds:
    """Sees that "roll back", "roll-back", "rolled back" and "rollback" are one word, by a question's words.

    No list is needed: two neighbours of a text count as one word only where the question writes
    them as one, and the reverse.

    Args:
        reader: stems words.
        question: the user's question.
    """

    # The fewest letters of a part: "a way" is not "away".
    _SHORTEST = 2

    def __init__(self, reader: Reader, question: str) -> None:
        self._reader = reader
        words = reader.read(question)
        self._closed = {word.stem for word in words if word.surface.isalpha()}
        self._open = {
            stem: (one.stem, other.stem)
            for joined, one, other in self._neighbours(words)
            for stem in reader.stems(joined)
        }

    def stems(self, words: Sequence[Word]) -> frozenset[str]:
        """The stems of a text's words, and those that the question writes for them."""
        found = {word.stem for word in words}
        for joined, _, _ in self._neighbours(words):
            if any(joined.startswith(stem) for stem in self._closed):
                found |= self._reader.stems(joined) & self._closed
        for stem in found & self._open.keys():
            found.update(self._open[stem])
        return frozenset(found)

    def _neighbours(self, words: Sequence[Word]) -> Iterator[tuple[str, Word, Word]]:
        """Words that stand one apart, with what they may be as one word."""
        for one, other in pairwise(words):
            apart = other.start - one.start - len(one.surface)
            if apart == 1 and all(
                word.surface.isalpha() and len(word.surface) >= self._SHORTEST
                for word in (one, other)
            ):
                last = other.surface.lower()
                # "carryover" keeps the y of "carry", "rollback" nothing of "rolled" but its stem.
                yield one.surface.lower() + last, one, other
                yield one.stem + last, one, other


def _is_code(words: Sequence[Word], index: int) -> bool:
    """Whether a grammar word in capitals is none: the A of "class A", IT, US."""
    if words[index].surface == "I":
        return False
    return index > 0 or (len(words) > 1 and not words[1].surface.islower())


class Telling:
    """How telling a stem is: its inverse document frequency among the units at hand.

    BM25's form (Robertson and Zaragoza, 2009): ln(1 + (n - df + 0.5) / (df + 0.5)). Measured on
    XQuAD, the units at hand serve better than frequencies of the whole collection, or of English:
    a passage's own topic is what does not tell its sentences apart.
    """

    def __init__(self, units: Sequence[Iterable[str]]) -> None:
        self._count = len(units)
        self._frequency = Counter(stem for unit in units for stem in set(unit))

    def __call__(self, stem: str) -> float:
        frequency = self._frequency[stem]
        return math.log(1 + (self._count - frequency + 0.5) / (frequency + 0.5))

    def share(self, wanted: Iterable[str], found: Set[str]) -> float:
        """Which part of the weight of `wanted` is in `found`, 0 to 1."""
        weights = {stem: self(stem) for stem in set(wanted)}
        total = sum(weights.values())
        return sum(w for stem, w in weights.items() if stem in found) / total if total else 0.0
