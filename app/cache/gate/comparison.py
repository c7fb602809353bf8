"""Compare two readings: the first difference that could change the answer, or none."""

from __future__ import annotations

from app.cache.gate.inflection import bases
from app.cache.gate.reading import LINK, OF, Reading, Word, read
from app.cache.gate.synonyms import SYNONYMS

_LIKE_KINDS = frozenset({("whattime", "when")})


# No preposition, or one that is used for others.
_LINKS = frozenset({LINK, OF})
_LOOSE = frozenset({"", "of"})


def difference(first: str, second: str) -> str | None:
    """Why two questions may not share an answer, in a word or two; None if nothing speaks against it.

    Errs on the side of a difference: what it cannot account for, it calls one.
    """
    one, two = read(first), read(second)
    if one.kind != two.kind and tuple(sorted((one.kind, two.kind))) not in _LIKE_KINDS:
        return "kind of answer"
    if not _same_operators(one, two):
        return "negation, modality or tense"
    if not _same_persons(one, two):
        return "person"
    if one.agent is not None and two.agent is not None and one.agent != two.agent:
        return "roles"
    if not _same_words(one.words, two.words):
        return "words"
    return None


def _same_operators(one: Reading, two: Reading) -> bool:
    if len(one.operators) == len(two.operators):
        return one.operators == two.operators
    flat_one = [name for clause in one.operators for name in clause]
    flat_two = [name for clause in two.operators for name in clause]
    return flat_one == flat_two and len(flat_one) <= 1


def _same_persons(one: Reading, two: Reading) -> bool:
    """Nobody is the first person too: `can an order be cancelled`, `can I cancel an order`."""
    if one.persons and two.persons and len(set(one.persons) | set(two.persons)) > 1:
        return _runs(one.persons) == _runs(two.persons)
    return set(one.persons) ^ set(two.persons) <= {"first"}


def _runs(persons: tuple[str, ...]) -> list[str]:
    return [p for n, p in enumerate(persons) if n == 0 or persons[n - 1] != p]


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
        for stop in range(place + 2, len(words) + 1):
            if words[stop - 1].text in _LINKS:
                break
            found.append(
                (*words[: place - 1], *words[place + 1 : stop], words[place - 1], *words[stop:])
            )
    return found


def _aligned(one: tuple[Word, ...], two: tuple[Word, ...]) -> bool:
    return len(one) == len(two) and all(map(_match, one, two))


def _match(one: Word, two: Word) -> bool:
    if one.direction != two.direction and not (one.direction in _LOOSE and two.direction in _LOOSE):
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
    return one.text.endswith("ing") and two.past


def _meanings(word: str) -> frozenset[str]:
    found = bases(word)
    return found.union(*(SYNONYMS.get(base, frozenset()) for base in found))
