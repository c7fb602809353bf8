"""Passages that say the same take one place, and the best of them names where else it stands.

Copies have the same words. Near-copies share nearly all runs of words (shingles; Broder, "On the
resemblance and containment of documents", 1997), and have the same numbers, codes, negations and
modal words: two versions of a price list, or "may" and "may not", are no copies.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from ingestion.documents.document import Chunk
from ingestion.index.hybrid import Found

# Changes with any rule of what counts as a copy, so that a manifest tells old answers from new ones.
COPIES = "copies-1"
# Words in a run, and the share of runs in common that makes a near-copy.
RUN = 4
ALIKE = 0.8
_WORD = re.compile(r"[^\W_]+(?:[.,:/-][^\W_]+)*")
# Words that turn a rule into another one.
_TURNS = frozenset(
    "not no never none without except unless only must may can cannot shall should will before after "
    "above below more less least most until from n't don't isn't aren't doesn't nicht kein keine keinen "
    "nie ohne nur muss darf soll kann pas ne jamais sans sauf seulement doit peut no nunca sin solo debe "
    "puede non mai senza deve".split()
)


@dataclass(frozen=True, slots=True)
class _Signature:
    """What a text says, as far as it is compared."""

    words: tuple[str, ...]
    runs: frozenset[tuple[str, ...]]
    turns: Counter[str]


@dataclass(slots=True)
class Distinct:
    """A chunk, and those that say the same and were ranked below it."""

    best: Found
    others: list[Found] = field(default_factory=list)


def distinct(found: Iterable[Found]) -> list[Distinct]:
    """Chunks in their order, each with its copies and near-copies.

    Args:
        found: what one reader may see, best first; nothing else is compared or named.
    """
    kept: list[Distinct] = []
    known = DistinctTexts()
    for item in found:
        place = known.place_of(item.chunk.text)
        if place == len(kept):
            kept.append(Distinct(item))
        else:
            kept[place].others.append(item)
    return kept


def unlike(chunks: Iterable[Chunk], texts: Iterable[str]) -> list[Chunk]:
    """Chunks in their order, without copies and near-copies of texts or of chunks before them."""
    known, given = DistinctTexts(), dict.fromkeys(texts)
    for text in given:
        known.place_of(text)
    return [chunk for chunk in chunks if chunk.text not in given and known.is_new(chunk.text)]


class DistinctTexts:
    """Texts that say different things, by their places."""

    def __init__(self) -> None:
        self._kept: list[_Signature] = []
        self._by_words: dict[tuple[str, ...], int] = {}

    def place_of(self, text: str) -> int:
        """The place of the text that says the same; the next one for a text that is new."""
        words = tuple(word.lower() for word in _WORD.findall(text))
        place = self._by_words.get(words) if words else None
        if place is None:
            signature = _Signature(words, _runs(words), _turns(words))
            alike = (at for at, other in enumerate(self._kept) if _nearly(signature, other))
            place = next(alike, len(self._kept))
            if place == len(self._kept):
                self._kept.append(signature)
            self._by_words[words] = place
        return place

    def is_new(self, text: str) -> bool:
        """Whether no text before says the same."""
        before = len(self._kept)
        return self.place_of(text) == before


def _nearly(one: _Signature, other: _Signature) -> bool:
    if not one.runs or not other.runs or one.turns != other.turns:
        return False
    smaller, larger = sorted((len(one.runs), len(other.runs)))
    if smaller < ALIKE * larger:
        return False
    common = len(one.runs & other.runs)
    return common >= ALIKE * (smaller + larger - common)


def _runs(words: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    return frozenset(words[start : start + RUN] for start in range(len(words) - RUN + 1))


def _turns(words: tuple[str, ...]) -> Counter[str]:
    """What must be equal: words with digits, and words that turn a rule."""
    return Counter(
        word for word in words if word in _TURNS or any(character.isdigit() for character in word)
    )
