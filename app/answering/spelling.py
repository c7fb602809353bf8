"""Mend typing errors in a question by the words of the passages that were found for it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from rapidfuzz.distance import OSA

from ingestion.languages import detect

# Changes with any rule here or in `courtesy`, so that a manifest tells old answers from new ones.
WORDING = "wording-1"
# A shorter word has too many neighbours: among the passages' words, and in the whole vocabulary.
SHORTEST = 4
SHORTEST_IN_VOCABULARY = 5
# "vans" is no slip where "van" is known.
SHORTEST_STEM = 3
# A question with more words that may be slips is no question in English.
MOST_DOUBTFUL = 8
# From this length on, two slips are mended.
LONG = 9
# English endings that a known word may have in the question.
_ENDINGS = ("s", "es", "d", "ed", "ing")
_WORD = re.compile(r"[^\W\d_]+")
# How tokenizers write whole words: WordPiece as they are, SentencePiece and byte-level BPE marked.
_WHOLE = re.compile(r"[▁Ġ]?([^\W\d_]+)\Z")


class Spelling:
    """Mends questions. Safe to share between threads.

    Args:
        vocabulary: an embedding model's tokens with their numbers. A word that is one token is no
            slip, and of words that are as near, the lower number is the more frequent.
    """

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        self._rank = {
            found[1].lower(): number
            for token, number in vocabulary.items()
            if (found := _WHOLE.match(token)) is not None
        }

    def mended(self, question: str, texts: Iterable[str]) -> str:
        """The question with its misspelt words as the texts write them, or else the vocabulary.

        A word is taken for misspelt if it stands in no text and not in the vocabulary, with another
        ending neither, and another word is one slip away (a letter more, less, another, or two swapped; two slips from nine
        letters on) with the same first letter. Words with capitals inside, codes and words of fewer
        than four letters stay, and so does a word that is near to none.

        Args:
            question: as it was asked.
            texts: what was found with it: passages and their titles.
        """
        doubtful = {
            word
            for word in _WORD.findall(question)
            if len(word) >= SHORTEST and word[1:].islower() and word.lower() not in self._rank
        }
        if not doubtful or len(doubtful) > MOST_DOUBTFUL:
            return question
        counted = Counter(word for text in texts for word in _WORD.findall(text.lower()))
        # The vocabulary is mostly English, and knows few names.
        is_english = detect(question) in ("en", None) and question.isascii()
        mended = {}
        for word in doubtful:
            stems = _stems(word.lower())
            forms = [word.lower(), *(f"{word.lower()}{ending}" for ending in _ENDINGS)]
            if any(form in counted for form in forms) or any(
                stem in counted or stem in self._rank for stem, _ in stems
            ):
                continue
            # A name is no slip of a word, unless it has the very letters of one: "Peolpe".
            may_be_name = word[0].isupper() and not question.lstrip().startswith(word)
            known = self._rank if is_english else {}
            if may_be_name:
                letters = sorted(word.lower())
                known = {
                    other: number
                    for other, number in known.items()
                    if len(other) == len(letters) and sorted(other) == letters
                }
            better = _nearest(word.lower(), counted, known)
            if better is None:
                # "aproves" as "approves", where only "approve" is known.
                better = next(
                    (
                        near + ending
                        for stem, ending in stems
                        if len(stem) >= SHORTEST_IN_VOCABULARY
                        and (near := _nearest(stem, counted, known)) is not None
                    ),
                    None,
                )
            if better is not None:
                mended[word.lower()] = better
        if not mended:
            return question
        return _WORD.sub(lambda found: _as(found[0], mended), question)


def _nearest(word: str, counted: Counter[str], known: Mapping[str, int]) -> str | None:
    """The word that was meant: of the texts, or else of the vocabulary; None if none is near."""
    near = _near(word, counted)
    if near:
        return min(near, key=lambda other: (near[other], -counted[other], other))
    if len(word) < SHORTEST_IN_VOCABULARY:
        return None
    return min(_near(word, known, most=1), key=lambda other: known[other], default=None)


def _stems(word: str) -> list[tuple[str, str]]:
    """A word without an ending that a known word may have, and the ending."""
    return [
        (word.removesuffix(ending), ending)
        for ending in _ENDINGS
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_STEM
    ]


def _near(word: str, others: Iterable[str], most: int | None = None) -> dict[str, int]:
    """The words that may have been meant, with their distance."""
    if most is None:
        most = 2 if len(word) >= LONG else 1
    found = {}
    for other in others:
        if other[0] == word[0] and abs(len(other) - len(word)) <= most and len(other) >= 4:
            away = OSA.distance(word, other, score_cutoff=most)
            if away <= most:
                found[other] = int(away)
    return found


def _as(word: str, mended: Mapping[str, str]) -> str:
    better = mended.get(word.lower())
    if better is None:
        return word
    return better.capitalize() if word[0].isupper() else better
