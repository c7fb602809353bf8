"""Tell raised and lowered words from those on the line, by size and baseline."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

from ingestion.loaders.notation import Script
from ingestion.loaders.pdf.places import Word

# Shares of the line's size.
_SMALL = 0.87
_RAISED = 0.15
_LOWERED = 0.07
# Text of the line's own size is raised or lowered only if it stands off clearly.
_CLEARLY = 0.22
_FARTHEST = 0.9
_NEAR = 0.7

_NOTE = re.compile(r"\[?\d{1,3}(?:\s?[,–-]\s?\d{1,3})*\]?")
_YEAR = re.compile(r"(?:.*\D)?(?:19|20)\d\d")
_SENTENCE_END = re.compile(r".*[.,;:!?)\]\"'”’»]")
_WORD_END = re.compile(r".*[^\W\d_]{4}")


def scripts_of(words: Sequence[Word], notes: Set[str] = frozenset()) -> list[Script] | None:
    """How each word of a line stands to it; None if all stand on it.

    Args:
        words: a line's.
        notes: labels of notes that the page holds.
    """
    first = words[0]
    if all(word.size == first.size and abs(word.baseline - first.baseline) < 0.5 for word in words):
        return None
    size, baseline = _main(words)
    scripts = [
        _script(word, size, baseline) if _is_near(words, place) else Script.BASE
        for place, word in enumerate(words)
    ]
    if all(script is Script.BASE for script in scripts):
        return None
    for place, script in enumerate(scripts):
        if script is Script.RAISED and _is_note(words, scripts, place, notes):
            scripts[place] = Script.NOTE
    return scripts


def _main(words: Sequence[Word]) -> tuple[float, float]:
    """Size and baseline of most of the line's characters; of two, those of the larger."""
    weights: dict[tuple[float, float], float] = {}
    for word in words:
        key = word.size, round(word.baseline)
        weights[key] = weights.get(key, 0) + len(word.text) * word.size**2
    size, near = max(weights, key=lambda key: weights[key])
    return size, next(
        word.baseline for word in words if word.size == size and round(word.baseline) == near
    )


def _is_near(words: Sequence[Word], place: int) -> bool:
    """Whether the word stands close to one beside it; the next cell of a row does not."""
    word = words[place]
    limit = _NEAR * max(word.size, 1)
    return (place > 0 and word.left - words[place - 1].right < limit) or (
        place + 1 < len(words) and words[place + 1].left - word.right < limit
    )


def _script(word: Word, size: float, baseline: float) -> Script:
    offset = (word.baseline - baseline) / max(size, 1)
    small = word.size <= _SMALL * size
    if (_RAISED if small else _CLEARLY) < offset < _FARTHEST and word.size <= 1.05 * size:
        return Script.RAISED
    if (_LOWERED if small else _CLEARLY) < -offset < _FARTHEST and word.size <= 1.05 * size:
        return Script.LOWERED
    return Script.BASE


def _is_note(words: Sequence[Word], scripts: Sequence[Script], place: int, notes: Set[str]) -> bool:
    """Whether a raised word is the mark of a note, not an exponent."""
    if not _NOTE.fullmatch(words[place].text):
        return False
    if place == 0:
        return len(words) > 1
    before = words[place - 1]
    if scripts[place - 1] is not Script.BASE:
        return False
    text = before.text
    if words[place].text in notes and not (text.isalpha() or text.endswith("10")):
        return True
    return bool(_YEAR.fullmatch(text) or _SENTENCE_END.fullmatch(text) or _WORD_END.fullmatch(text))
