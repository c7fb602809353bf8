"""Compare two readings: the first difference that could change the answer, or none."""

from __future__ import annotations

from app.cache.same_question.inflection import bases, is_past
from app.cache.same_question.reading import LIKE_KINDS, LINK, OF, Reading, Word, read
from app.cache.same_question.synonyms import SYNONYMS
from app.cache.same_question.tokens import CALENDAR
from ingestion.languages import fold
from ingestion.languages.detection import is_english

_ENDS = " ?!.？！。؟"
_LINKS = frozenset({LINK, OF})
# Prepositions that are used for one another; all others tell things apart.
_LOOSE = frozenset({("", "of"), ("for", "of"), ("in", "of"), ("of", "on")})


def difference(first: str, second: str) -> str | None:
    """Why two questions may not share an answer, in a word or two; None if nothing speaks against it.

    Errs on the side of a difference: what it cannot account for, it calls one. Its rules are for
    English; of questions that are not clearly in English only those that differ in nothing but case,
    white space, punctuation marks of one kind and those around the question may share an answer.
    """
    if not (is_english(first) and is_english(second)):
        return None if _folded(first) == _folded(second) else "language"
    one, two = read(first), read(second)
    if one.kind != two.kind and tuple(sorted((one.kind, two.kind))) not in LIKE_KINDS:
        return "kind of answer"
    if not _same_operators(one, two):
        return "negation, modality or tense"
    if not _same_persons(one, two):
        return "person"
    if one.hangs != two.hangs:
        return "preposition"
    if one.agent is not None and two.agent is not None and one.agent != two.agent:
        return "roles"
    if not _same_words(one.words, two.words):
        return "words"
    if not _done_alike(one, two):
        return "active or passive"
    return None


def _folded(question: str) -> str:
    return fold(question).text.lstrip(" ¿¡").rstrip(_ENDS)


def _same_operators(one: Reading, two: Reading) -> bool:
    if len(one.operators) == len(two.operators):
        return one.operators == two.operators
    flat_one = [name for clause in one.operators for name in clause]
    flat_two = [name for clause in two.operators for name in clause]
    return flat_one == flat_two and len(flat_one) <= 1


def _same_persons(one: Reading, two: Reading) -> bool:
    """Nobody is the first person too: `can an order be cancelled`, `can I cancel an order`."""
    if one.acts != two.acts and one.kind != "how":
        without = two if one.acts else one
        if not without.passive:
            return False
    if one.persons and two.persons and len(set(one.persons) | set(two.persons)) > 1:
        return _runs(one.persons) == _runs(two.persons)
    return set(one.persons) ^ set(two.persons) <= {"first"}


def _runs(persons: tuple[str, ...]) -> list[str]:
    return [p for n, p in enumerate(persons) if n == 0 or persons[n - 1] != p]


def _done_alike(one: Reading, two: Reading) -> bool:
    """A past form may stand for another only in the passive, or for `did`.

    `who is taught` is not `who teaches`; `who left` is `who did leave`.
    """
    pasts = [sum(is_past(word.text) for word in reading.words) for reading in (one, two)]
    if pasts[0] == pasts[1]:
        return True
    more, other = (one, two) if pasts[0] > pasts[1] else (two, one)
    return more.passive or other.did


def _same_words(one: tuple[Word, ...], two: tuple[Word, ...]) -> bool:
    """In one order, or with one `X of Y` turned into `Y X` where the other has it so."""
    if _aligned(_bare(one), _bare(two)):
        return True
    if not _bare(one) or len(_bare(one)) != len(_bare(two)):
        return False
    return any(_aligned(turned, two) for turned in _turns(one)) or any(
        _aligned(one, turned) for turned in _turns(two)
    )


def _bare(words: tuple[Word, ...]) -> tuple[Word, ...]:
    return tuple(word for word in words if word.text not in _LINKS)


def _turns(words: tuple[Word, ...]) -> list[tuple[Word, ...]]:
    """Each way to turn one `X of Y` round; links elsewhere stay, so they must be there too."""
    found = []
    for place, word in enumerate(words):
        if word.text != OF:
            continue
        stop = place + 1
        while stop < len(words) and words[stop].text not in _LINKS:
            stop += 1
        found.append(
            (*words[: place - 1], *words[place + 1 : stop], words[place - 1], *words[stop:])
        )
    return found


def _aligned(one: tuple[Word, ...], two: tuple[Word, ...]) -> bool:
    return len(one) == len(two) and all(map(_match, one, two))


def _match(one: Word, two: Word) -> bool:
    if not _hang_alike(one, two) or _describes(one, two) or _describes(two, one):
        return False
    if one.text == two.text:
        return True
    if one.text in _LINKS or two.text in _LINKS:
        return one.text in _LINKS and two.text in _LINKS
    if one.text.startswith("=") or two.text.startswith("="):
        return False
    if one.proper or two.proper or _acting(one, two) or _acting(two, one):
        return False
    return not _meanings(one.text).isdisjoint(_meanings(two.text))


def _acting(one: Word, two: Word) -> bool:
    """`who is paying` is not `who is paid`."""
    return one.text.endswith("ing") and is_past(two.text)


def _describes(one: Word, two: Word) -> bool:
    """`the training schedule` is not `the train schedule`."""
    if one.ending == "ed":
        return not is_past(two.text)
    return one.ending == "ing" and not two.text.endswith("ing")


def _hang_alike(one: Word, two: Word) -> bool:
    if one.direction == two.direction:
        return True
    if one.text.startswith("="):
        return False
    if one.text in CALENDAR and "" in (one.direction, two.direction):
        return True
    return tuple(sorted((one.direction, two.direction))) in _LOOSE


def _meanings(word: str) -> frozenset[str]:
    found = bases(word)
    return found.union(*(SYNONYMS.get(base, frozenset()) for base in found))
