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


@dataclass(slots=True)
class Distinct:
    """A chunk, and those that say the same and were ranked below it."""

    best: Found
    others: list[Found] = field(default_factory=list)
    runs: frozenset[tuple[str, ...]] = frozenset()
    turns: Counter[str] = field(default_factory=Counter)
    words: tuple[str, ...] = ()


def distinct(found: Iterable[Found]) -> list[Distinct]:
    """Chunks in their order, each with its copies and near-copies.

    Args:
        found: what one reader may see, best first; nothing else is compared or named.
    """
    kept: list[Distinct] = []
    by_words: dict[tuple[str, ...], Distinct] = {}
    for item in found:
        words = tuple(word.lower() for word in _WORD.findall(item.chunk.text))
        same = by_words.get(words) if words else None
        if same is None:
            one = Distinct(item, words=words, runs=_runs(words), turns=_turns(words))
            same = next((other for other in kept if _nearly(one, other)), None)
            if same is None:
                kept.append(one)
                same = one
            by_words[words] = same
        if same.best is not item:
            same.others.append(item)
    return kept


def _nearly(one: Distinct, other: Distinct) -> bool:
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
