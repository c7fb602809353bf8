"""What kind of thing a question asks for, and whether a unit holds one that it did not know."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from enum import Enum

from app.answering.extractive.words import Word


class Expectation(Enum):
    """What would answer."""

    NUMBER = "number"
    FREQUENCY = "frequency"
    DATE = "date"
    NAME = "name"
    ANYTHING = "anything"


# In this order; the first that matches decides.
_ASKS = (
    (Expectation.FREQUENCY, r"\bhow (?:often|frequently)\b"),
    (
        Expectation.DATE,
        r"\bwhen\b|\b(?:what|which)\b.{0,20}\b(?:year|years|date|day|month|century|centuries|decade|era"
        r"|time)\b",
    ),
    (
        Expectation.NUMBER,
        r"\bhow (?:many|much|long|far|old|tall|large|big|high|deep|fast|heavy|wide|soon|quickly|late|early)\b"
        r"|\b(?:what|which)\b.{0,30}\b(?:number|percent|percentage|proportion|population|distance|cost"
        r"|price|fee|rate|amount|length|height|width|weight|speed|temperature|size|age|total|average"
        r"|fraction|limit|maximum|minimum|quota|version|value|range|ratio|score)\b",
    ),
    (Expectation.NAME, r"\bwho(?:m|se)?\b|\bwhere\b|\b(?:what|which)\b.{0,20}\bnames?\b"),
    (
        Expectation.NAME,
        r"\b(?:what|which)\b.{0,25}\b(?:city|country|countries|state|town|company|team|person|people|man"
        r"|woman|king|queen|president|player|actor|author|artist|scientist|group|organization|school"
        r"|university|river|region|island|nation|language|religion|album|song|film|book|war|battle"
        r"|party|dynasty|church)\b",
    ),
)
_QUESTION_KINDS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _ASKS)
NUMBER_WORDS = frozenset(
    "one two three four five six seven eight nine ten eleven twelve thirteen fifteen twenty thirty "
    "forty fifty sixty hundred hundreds thousand thousands million millions billion trillion dozen "
    "half quarter third thirds once twice double triple percent none zero both".split()
)
_FREQUENCY_WORDS = NUMBER_WORDS | frozenset(
    "hourly daily nightly weekly fortnightly monthly quarterly yearly annually annual each every always never "
    "continuously".split()
)
_DATE_WORDS = frozenset(
    "january february march april may june july august september october november december jan feb mar "
    "apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday "
    "century centuries decade bc ad bce ce today".split()
)
# Of a rule, not of one date.
_DAYS_OF_RULES = frozenset(
    "mondays tuesdays wednesdays thursdays fridays saturdays sundays weekdays".split()
)
_TIME_UNITS = frozenset(
    "min minute minutes h hour hours day days week weeks month months year years".split()
)
_YEAR = re.compile(r"1\d{3}s?\Z|20\d\ds?\Z")
_WHETHER = re.compile(
    r"\W*(?:is|are|was|were|am|do|does|did|can|could|may|might|must|shall|should|will|would|has|have|had)\b",
    re.IGNORECASE,
)


# Who or where something is on one day: a rule without a day in it does not say.
_ASKS_WHO = re.compile(r"\b(?:who|whom|whose|where|which)\b", re.IGNORECASE)
_ONE_DAY = re.compile(
    r"\b(?:today|tonight|tomorrow|yesterday|right now|at (?:the|this) (?:very )?moment|(?:this|next|coming) (?:week|weekend"
    r"|morning|afternoon|evening|night|(?:mon|tues|wednes|thurs|fri|satur|sun)day))\b(?!['’]s)",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.?!]\s")
_DAY_WORDS = frozenset(
    "today tonight tomorrow daily weekday weekdays weekend weekends nightly always monday tuesday wednesday "
    "thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays saturdays sundays mon tue "
    "tues wed thu thur thurs fri".split()
)
_MEASURE = re.compile(
    r"\bhow (?:many|much|long|far|old|tall|large|big|high|deep|fast|heavy|often|wide|frequently|soon"
    r"|quickly|late|early|cold|hot|warm|close|near)\b",
    re.IGNORECASE,
)


def without_measure(question: str) -> str:
    """The question without "how long" and its like, which no answer repeats."""
    return _MEASURE.sub(" ", question)


def asks_of_a_day(question: str) -> bool:
    """Whether `question` asks who, which or where on a certain day: "who is on call tonight?"."""
    return any(
        _ASKS_WHO.search(sentence) and _ONE_DAY.search(sentence)
        for sentence in _SENTENCE_END.split(question)
    )


def names_a_day(words: Sequence[Word]) -> bool:
    """Whether a unit says what holds on days of the week or always; a date alone does not say it."""
    return any(word.surface.lower() in _DAY_WORDS for word in words)


def asks_whether(question: str) -> bool:
    """Whether `question` wants a yes or no; then its own words may be the answer."""
    return _WHETHER.match(question) is not None


def expected(question: str) -> Expectation:
    """What `question` asks for, by its words."""
    return next(
        (kind for kind, pattern in _QUESTION_KINDS if pattern.search(question)),
        Expectation.ANYTHING,
    )


def holds(expectation: Expectation, words: Sequence[Word], known: Set[str]) -> bool:
    """Whether a unit holds what is expected, other than the stems that the question knows."""
    fresh = [(index, word) for index, word in enumerate(words) if word.stem not in known]
    if expectation is Expectation.NUMBER:
        return any(w.surface[0].isdigit() or w.surface.lower() in NUMBER_WORDS for _, w in fresh)
    if expectation is Expectation.FREQUENCY:
        return any(
            w.surface[0].isdigit() or w.surface.lower() in _FREQUENCY_WORDS for _, w in fresh
        )
    if expectation is Expectation.DATE:
        return any(
            _YEAR.match(w.surface)
            or (w.capital and w.surface.lower() in _DATE_WORDS)
            or w.stem == "centuri"
            or w.surface.lower() in _DAYS_OF_RULES
            or (w.surface[0].isdigit() and _is_of_time(words, index))
            for index, w in fresh
        )
    if expectation is Expectation.NAME:
        return any(_is_name(words, index) for index, _ in fresh)
    return False


def _is_name(words: Sequence[Word], index: int) -> bool:
    """A capital counts where grammar does not ask for it: not at the start, unless a name goes on."""
    word = words[index]
    if not word.capital or word.grammar:
        return False
    return index > 0 or (len(words) > 1 and words[1].capital)


def _is_of_time(words: Sequence[Word], index: int) -> bool:
    """Whether a number counts hours or days ("10 working days"), or begins a clock time: `14:00`."""
    word, after = words[index], words[index + 1 : index + 3]
    if any(other.surface.lower() in _TIME_UNITS for other in after):
        return True
    if not after or len(word.surface) > 2:
        return False
    minutes = after[0]
    apart = minutes.start - word.start - len(word.surface)
    return apart == 1 and len(minutes.surface) == 2 and minutes.surface.isdigit()
