"""A how-to question is answered by a list, its steps or a block of code, not by a sentence about it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from app.answering.extractive.evidence import Candidate
from app.answering.extractive.units import Kind

# A list or block of code is quoted whole up to this many characters, and up to a whole item beyond.
LONGEST_BLOCK = 2_500
# What stands between two items of one list, characters: marks, numbers and white space.
_BETWEEN = re.compile(r"[\s\-*+•‣◦–\d.)(`~]*(?:```|~~~)?[^\S\n]*\w{0,12}[\s`~]*\Z")
_HOW_TO = re.compile(
    r"(?:\A|[,.;:!?]\s)\W*+(?:and |so |but |then )*(?:"
    r"how (?:i|we|you|one) (?:can |could |should |may |must )?\w+|how (?:do|can|should|could|would|must|may|shall) (?:i|we|you|one|they|someone|somebody|an?\b|the\b)"
    r"|how to\b|how (?:is|are) .{3,60}\b(?:done|restored|restarted|set up|installed|started|stopped|made)\b"
    r"|(?:what|which) (?:are |is |were )?(?:the )?(?:\w+ ){0,2}(?:steps?|commands?|procedure|instructions|"
    r"checklist|order of)\b"
    r"|what (?:do|should|must|shall|can) (?:i|we|you|one|they|an?\b \w+|the\b \w+|\w+) (?:have to |need to )?do\b"
    r"|what (?:is|has) to be (?:done|checked)|what (?:is|are) (?:checked|done first)"
    r"|(?:steps|instructions|commands?) (?:to|for)\b)",
    re.IGNORECASE,
)
# "restart steps": no question, and it names what is wanted.
_STEPS_OF = re.compile(
    r"\A(?!\W*(?:who|whom|whose|when|where|why|which|what|how|is|are|was|were|do|does|did|has|have|can)\b)"
    r".*\b(?:steps|instructions|commands|procedure|how-?to)\W*\Z",
    re.IGNORECASE | re.DOTALL,
)
_NUMBERED = re.compile(r"\s*\(?\d{1,3}[.)]\s")
_LISTED = (Kind.ITEM, Kind.CODE)


@dataclass(frozen=True, slots=True)
class Block:
    """A list or code, as one stretch of its passage.

    Attributes:
        candidate: the stretch.
        units: places of the units that it takes in.
        tells_how: whether it is code, numbered steps, or introduced by a colon; other bullets
            rather list facts.
    """

    candidate: Candidate
    units: range
    tells_how: bool


def asks_how(question: str) -> bool:
    """Whether `question` asks what to do, so that steps or commands answer it."""
    return bool(_HOW_TO.search(question) or _STEPS_OF.match(question))


def blocks(candidates: Sequence[Candidate], stems: Collection[str]) -> Iterator[Block]:
    """All lists and blocks of code, each with the sentence above it.

    Args:
        candidates: all units, passage by passage, in reading order.
        stems: the question's. Where the sentence above holds none of them and the one before does,
            both are taken.
    """
    place = 0
    while place < len(candidates):
        if candidates[place].unit.kind not in _LISTED:
            place += 1
            continue
        last = place
        while last + 1 < len(candidates) and _continues(
            candidates[last], candidates[last + 1], candidates[place].unit.start
        ):
            last += 1
        listed = candidates[place : last + 1]
        if len(listed) > 1 or listed[0].unit.kind is Kind.CODE or _is_whole(listed[0]):
            first = place - 1 if place and _leads_to(candidates[place - 1], listed[0]) else place
            if 0 < first < place and candidates[first].stems.isdisjoint(stems):
                before = candidates[first - 1]
                if _leads_to(before, candidates[first]) and not before.stems.isdisjoint(stems):
                    first -= 1
            yield Block(
                _spanned(candidates[first], listed),
                range(first, last + 1),
                _tells_how(candidates[first], listed[0]),
            )
        place = last + 1


def _tells_how(first: Candidate, listed: Candidate) -> bool:
    return (
        listed.unit.kind is Kind.CODE
        or _NUMBERED.match(listed.text) is not None
        or first.text.split("\n", 1)[0].rstrip().endswith(":")
    )


def _is_whole(candidate: Candidate) -> bool:
    """Whether a unit is an introduction that took its list in already."""
    return "\n" in candidate.text.strip()


def _leads_to(above: Candidate, listed: Candidate) -> bool:
    """Whether a sentence stands right above a list, in its section."""
    return (
        above.passage is listed.passage
        and above.unit.kind is Kind.SENTENCE
        and not above.passage.text[above.unit.end : listed.unit.start].strip(" \n`~-*+•‣◦–")
    )


def _spanned(first: Candidate, listed: Sequence[Candidate]) -> Candidate:
    """One candidate from the first unit to the end of the list."""
    stems = first.stems.union(*(candidate.stems for candidate in listed))
    end = max(candidate.unit.end for candidate in listed)
    unit = replace(first.unit, end=end, kind=Kind.ITEM, header="")
    return replace(first, unit=unit, stems=stems)


def _continues(one: Candidate, other: Candidate, start: int) -> bool:
    """Whether two neighbours are items of one list, or a list and the code below it."""
    if (
        one.passage is not other.passage
        or other.unit.kind not in _LISTED
        or other.unit.end - start > LONGEST_BLOCK
    ):
        return False
    if other.unit.start < one.unit.end:
        return True
    between = one.passage.text[one.unit.end : other.unit.start]
    return _BETWEEN.match(between) is not None
