"""Put lines in Hebrew, Arabic and the like together again from pieces that are drawn as seen.

Browsers draw such a line from left to right, in pieces that PDFium takes for lines. The places of
the letters tell their order: from right to left, but figures and foreign words from left to right.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import groupby

from ingestion.loaders.pdf.places import Word
from ingestion.loaders.pdf.spacing import Letter

RTL = frozenset(("R", "AL"))
_LTR = frozenset(("L", "EN", "AN"))
_SCRIPTS = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff]")
# In ems.
_SPACE = 0.22
_BESIDE = 0.7
_OVERLAP = 0.3


def may_have_rtl(text: str) -> bool:
    """Whether a text has characters of scripts that are written from right to left."""
    return not text.isascii() and _SCRIPTS.search(text) is not None


def has_rtl(words: Iterable[Word]) -> bool:
    """Whether letters that are written from right to left are among the words."""
    return any(
        not word.text.isascii() and any(unicodedata.bidirectional(c) in RTL for c in word.text)
        for word in words
    )


def goes_on_beside(before: Sequence[Word], words: Sequence[Word]) -> bool:
    """Whether words stand on the line of those before, right beside them."""
    last, first = before[-1], words[0]
    size = max(last.size, 1)
    if last.size != first.size or last.turn != first.turn:
        return False
    if abs(last.baseline - first.baseline) > 0.05 * size:
        return False
    left, right = min(word.left for word in before), max(word.right for word in before)
    behind = min(word.left for word in words) - right
    ahead = left - max(word.right for word in words)
    return -_OVERLAP * size <= max(behind, ahead) <= _BESIDE * size


def ordered_words(letters: Sequence[Letter], pattern: Word) -> list[Word]:
    """The words of a line in the order of reading.

    Args:
        letters: all of the line, in any order.
        pattern: a word of the line, for what all words share.
    """
    clusters: list[list[Letter]] = []
    for letter in letters:  # marks stay with their letters, and letters of one glyph together
        before = clusters[-1] if clusters else []
        if before and unicodedata.combining(letter.text):
            before.append(letter)
        elif before and (before[0].left, before[0].right) == (letter.left, letter.right):
            # A line that is stored as seen has them the other way round.
            as_seen = len(clusters) > 1 and clusters[-2][0].left < letter.left
            before.insert(0 if as_seen else len(before), letter)
        else:
            clusters.append([letter])
    clusters.sort(key=lambda cluster: -cluster[0].right)
    words: list[list[list[Letter]]] = []
    for cluster in clusters:
        gap = words[-1][-1][0].left - cluster[0].right if words else 0.0
        if words and gap < _SPACE * pattern.size:
            words[-1].append(cluster)
        else:
            words.append([cluster])
    made = [_word(word, pattern) for word in words]
    # Words of other scripts follow each other from left to right.
    ordered: list[Word] = []
    for rtl, group in groupby(made, key=lambda word: has_rtl((word,)) or not _is_ltr(word.text)):
        run = list(group)
        ordered += run if rtl else reversed(run)
    return ordered


def _word(clusters: Sequence[Sequence[Letter]], pattern: Word) -> Word:
    text = ""
    directions = _directions([cluster[0].text for cluster in clusters])
    for ltr, run in groupby(zip(directions, clusters, strict=True), key=lambda item: item[0]):
        pieces = ["".join(letter.text for letter in cluster) for _, cluster in run]
        text += "".join(reversed(pieces) if ltr else pieces)
    left = min(letter.left for cluster in clusters for letter in cluster)
    right = max(letter.right for cluster in clusters for letter in cluster)
    return pattern._replace(text=text, left=left, right=right, glued=False)


def _directions(letters: Sequence[str]) -> list[bool]:
    """Whether each letter runs to the right; a sign does if letters on both sides of it do."""
    kinds = [unicodedata.bidirectional(letter[0]) for letter in letters]
    strong = [True if kind in _LTR else False if kind in RTL else None for kind in kinds]
    before: list[bool] = []
    for found in strong:
        before.append(found if found is not None else bool(before and before[-1]))
    after: list[bool] = []
    for found in reversed(strong):
        after.append(found if found is not None else bool(after and after[-1]))
    return [one and other for one, other in zip(before, reversed(after), strict=True)]


def _is_ltr(text: str) -> bool:
    return any(unicodedata.bidirectional(character) in _LTR for character in text)


def logical_order(words: list[Word]) -> tuple[Word, ...]:
    """Words as they are read: runs of right-to-left words that are stored as seen are turned."""
    ordered: list[Word] = []
    run: list[Word] = []
    for word in words:
        if unicodedata.bidirectional(word.text[0]) in RTL:
            run.append(word)
        else:
            ordered += [*sorted(run, key=lambda word: -word.left), word]
            run = []
    return (*ordered, *sorted(run, key=lambda word: -word.left))


def reversed_clusters(text: str) -> str:
    """Reversed letter by letter, each with the marks that belong to it."""
    clusters: list[str] = []
    for character in text:
        if clusters and unicodedata.combining(character):
            clusters[-1] += character
        else:
            clusters.append(character)
    return "".join(reversed(clusters))
