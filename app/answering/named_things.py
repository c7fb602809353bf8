"""The words of a question, and what sort of thing each names where its form tells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingestion.languages import analyze

WORD = re.compile(r"[£$€]?[^\W_](?:[\w'’.,:/-]*\w)?")
ONES = re.compile(
    r"\b(?:that|the|this|these|those|which|another|other)(?: \w+){0,2} ones?\b", re.IGNORECASE
)
# What may stand before a thing and goes with it: "in June", "above £500".
BEFORE_THINGS = frozenset(
    "about above after at before below beyond between by for from in inside into less more of on outside "
    "over since than to under until up with within without".split()
)
# Verbs and measures that name no thing.
LIGHT = frozenset(
    "get gets got give gives given gave take takes took taken happen happens happened mean means meant "
    "need needs needed want wants say says said tell tells told let put go goes went come comes came many "
    "much long often far soon please thank thanks old big high large make makes made find found there one "
    "ones same last lasts it's that's who's what's does did done doing have has had use used else also "
    "ask asks asked call called know knows".split()
)
_MONTHS = frozenset(
    "january february march april may june july august september october november december jan feb mar apr "
    "jun jul aug sep sept oct nov dec".split()
)
_DAYS = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays "
    "saturdays sundays weekday weekdays weekend weekends".split()
)
_NUMBERS = frozenset(
    "one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty hundred "
    "thousand million first second third fourth fifth".split()
)
_YEAR = re.compile(r"(?:19|20)\d\d\Z")
_CLOCK = re.compile(r"\d{1,2}[:.]\d\d\Z")
_NUMBER = re.compile(r"\W*\d[\d.,]*\Z")
_RUNS = re.compile(r"\d+|[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a question.

    Attributes:
        text: as written.
        start: its first character in the question.
        end: the character after its last.
        sort: see `sort_of`.
    """

    text: str
    start: int
    end: int
    sort: str

    @property
    def stems(self) -> tuple[str, ...]:
        """Its search terms; none for a word that carries grammar only."""
        return tuple(analyze(self.text))

    @property
    def carries(self) -> bool:
        """Whether it says what a question is about."""
        return bool(self.sort or (self.stems and self.text.lower() not in LIGHT))


@dataclass(frozen=True, slots=True)
class Span:
    """Neighbouring words of one sort: a name of two words, a date."""

    words: tuple[Word, ...]

    @property
    def sort(self) -> str:
        """The sort of its words."""
        return self.words[0].sort

    @property
    def start(self) -> int:
        """Its first character in the question."""
        return self.words[0].start

    @property
    def end(self) -> int:
        """The character after its last."""
        return self.words[-1].end


def noun_before(span: Span, text: str) -> Word | None:
    """The word that says what a code is: the `invoice` of `invoice INV-2024-0013`."""
    words = [word for word in words_of(text) if word.end <= span.start]
    if not words:
        return None
    last = words[-1]
    apart = text[last.end : span.start].strip()
    return last if last.carries and not last.sort and not apart else None


def prefix_of(code: str) -> str:
    """A code's first letters or digits: the `inv` of `INV-2024-0013`."""
    return str(_RUNS.findall(code)[0]).lower()


def leading_start(start: int, text: str) -> int | None:
    """Where the prepositions right before a place begin; None where there are none."""
    first = None
    for found in reversed(list(WORD.finditer(text[:start]))):
        if found[0].lower() not in BEFORE_THINGS:
            break
        first = found.start()
    return first


def word_before(start: int, text: str) -> str:
    """The word before a place, in lower case; empty if absent."""
    found = WORD.findall(text[:start])
    return found[-1].lower() if found else ""


def words_of(text: str, led: bool = False) -> list[Word]:
    """The words of a text; `led`: "and" stood before it, so that its first capital tells a name."""
    words = []
    ones = {found.end() for found in ONES.finditer(text)}
    for number, found in enumerate(WORD.finditer(text)):
        before = text[: found.start()].rstrip()
        at_start = (number == 0 and not led) or before[-1:] in ("?", ".", "!")
        sort = "" if found.end() in ones else sort_of(found[0], at_start)
        words.append(Word(found[0], found.start(), found.end(), sort))
    return words


def sort_of(text: str, at_start: bool) -> str:
    """What sort of thing a word names, where its form tells; empty where it does not."""
    lower = text.lower()
    has_digit, has_letter = any(c.isdigit() for c in text), any(c.isalpha() for c in text)
    if _YEAR.match(text):
        return "year"
    if _CLOCK.match(text):
        return "time"
    if _NUMBER.match(text) or lower in _NUMBERS:
        return "number"
    if has_digit and has_letter:
        return "code " + "".join("9" if run.isdigit() else "A" for run in _RUNS.findall(text))
    if lower in _DAYS:
        return "day"
    if lower in _MONTHS and text[0].isupper():
        return "month"
    if len(text) > 1 and text.isupper():
        return "acronym"
    if len(text) == 1 and text.isupper() and text != "I" and not at_start:
        return "letter"
    if not at_start and text[0].isupper() and has_letter and not text.startswith(("I'", "I’")):
        return "name"
    return ""


def spans_of(words: Sequence[Word]) -> list[Span]:
    spans: list[Span] = []
    for word, previous in zip(words, [None, *words], strict=False):
        if not word.sort:
            continue
        if (
            previous is not None
            and previous.sort == word.sort
            and word.sort in ("name", "number")
            and word.start - previous.end == 1
        ):
            spans[-1] = Span((*spans[-1].words, word))
        elif spans and word.sort == spans[-1].sort == "day":
            # "from Monday to Friday"
            spans[-1] = Span((*spans[-1].words, word))
        else:
            spans.append(Span((word,)))
    return spans
