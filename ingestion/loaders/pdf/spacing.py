"""Mend words that PDFium tears into letters.

PDFium takes a gap between two glyphs for a space by fixed limits, so letter-spaced text and
glyphs that are placed one by one come out as "I n t e r n a t i o n a l 5 , 8 9 9". Here the
line itself says how far its letters stand apart: a space is a gap that is clearly wider.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from ingestion.loaders.pdf.places import Word

# All distances are in ems. The narrowest space of justified text is wider than this.
_NARROW_SPACE = 0.24
# How much wider than the gap between letters a space is, at least.
_SPACE_BEYOND_LETTERS = 0.14
# Letters closer than this are not spaced out.
_NO_SPACING = 0.06
_WIDEST_SPACING = 0.7
_COLUMN = 1.0
_FEWEST_LETTERS = 4
# Text that goes back so far goes on elsewhere.
_BACK = -0.4


@dataclass(frozen=True, slots=True)
class Letter:
    """A glyph on a line; `place` is its index in the page's text.

    `guessed` says that PDFium guessed a space before it, `spaced` that the file has one there.
    """

    place: int
    text: str
    left: float
    right: float
    guessed: bool = False
    spaced: bool = False


def looks_torn(words: Sequence[Word]) -> bool:
    """Whether a closer look at the line's letters is worth its time."""
    run = 0
    gaps: list[float] = []
    beside_letter = _WIDEST_SPACING
    for before, word in pairwise(words):
        if word.glued or not before.size:
            continue
        gap = (word.left - before.right) / before.size
        if _BACK < gap < _NARROW_SPACE:
            return True
        if gap < _COLUMN:
            gaps.append(gap)
        one, other = len(before.text) == 1, len(word.text) == 1
        if one or other:
            beside_letter = min(beside_letter, gap)
        run = run + 1 if one and other else 0
        if run >= _FEWEST_LETTERS - 1:
            return True
    return beside_letter < _WIDEST_SPACING and beside_letter < 0.8 * median(gaps)


def torn_gaps(letters: Sequence[Letter], size: float, usual: float | None) -> set[int]:
    """The places of letters whose guessed space is none.

    Args:
        letters: a line's, in the order of reading.
        size: of the font, in points.
        usual: how far the letters of other torn lines of the page stand apart, if known.
    """
    gaps = [
        (after, (after.left - before.right) / size)
        for before, after in pairwise(letters)
        if not after.spaced
    ]
    inner = [gap for letter, gap in gaps if not letter.guessed]
    guessed = [(letter, gap) for letter, gap in gaps if letter.guessed]
    if not guessed:
        return set()
    if len(inner) < 3 or len(inner) < 0.4 * len(gaps):
        return _joined(letters, gaps, usual)
    between = max(median(inner), 0.0)
    limit = between + (_SPACE_BEYOND_LETTERS if between > _NO_SPACING else 0.1)
    torn = {letter.place for letter, gap in guessed if _BACK < gap < limit}
    for run in _runs_of_singles(letters):
        torn |= torn_gaps(run, size, usual)
    return torn


def spacing_of(letters: Sequence[Letter], size: float) -> float | None:
    """How far the letters of a torn line stand apart, in ems; None if the line does not say."""
    gaps = [
        (after.left - before.right) / size
        for before, after in pairwise(letters)
        if not after.spaced
    ]
    if len(gaps) < _FEWEST_LETTERS:
        return None
    between = _low(gaps)
    wider = [gap for gap in gaps if gap >= between + _SPACE_BEYOND_LETTERS]
    has_spaces = bool(wider) or any(letter.spaced for letter in letters)
    return between if has_spaces and _NO_SPACING < between < _WIDEST_SPACING else None


def _joined(
    letters: Sequence[Letter], gaps: Sequence[tuple[Letter, float]], usual: float | None
) -> set[int]:
    """Gaps without a space on a line that is torn all over."""
    if len(letters) < _FEWEST_LETTERS and usual is None:
        return set()
    between = _low([gap for _, gap in gaps])
    if usual is not None and (len(letters) < _FEWEST_LETTERS or abs(between - usual) > 0.08):
        between = usual
    if not between < _WIDEST_SPACING:
        return set()
    limit = between + _SPACE_BEYOND_LETTERS
    narrow = {letter.place for letter, gap in gaps if _BACK < gap < limit and letter.guessed}
    has_spaces = len(narrow) < sum(letter.guessed for letter, _ in gaps)
    has_spaces = has_spaces or any(letter.spaced for letter in letters)
    is_text = sum(letter.text.isalpha() for letter in letters) >= _FEWEST_LETTERS
    # A row of single digits may be cells; letters at one distance may be an enumeration.
    sure = between < _NARROW_SPACE or usual is not None or (is_text and has_spaces)
    sure = sure or _splits_a_number(letters, narrow)
    return narrow if sure or (is_text and len(letters) > _FEWEST_LETTERS + 1) else set()


def _splits_a_number(letters: Sequence[Letter], narrow: Set[int]) -> bool:
    """Whether a decimal or thousands separator stands alone between digits: 5 , 8 9 9."""
    return any(
        sign.text in ".,"
        and before.text.isdigit()
        and after.text.isdigit()
        and sign.place in narrow
        and after.place in narrow
        for before, sign, after in zip(letters, letters[1:], letters[2:], strict=False)
    )


def _low(gaps: Sequence[float]) -> float:
    """The usual gap between letters: most gaps lie inside words."""
    return sorted(gaps)[int(0.35 * (len(gaps) - 1))]


def _runs_of_singles(letters: Sequence[Letter]) -> list[list[Letter]]:
    """Stretches of at least four letters that each stand alone on a line with whole words."""
    runs: list[list[Letter]] = [[]]
    for place, letter in enumerate(letters):
        following = letters[place + 1] if place + 1 < len(letters) else None
        alone = (place == 0 or letter.guessed or letter.spaced) and (
            following is None or following.guessed or following.spaced
        )
        if alone and (not runs[-1] or letter.guessed):
            runs[-1].append(letter)
        elif runs[-1]:
            runs.append([letter] if alone else [])
    return [run for run in runs if _FEWEST_LETTERS <= len(run) < len(letters)]
