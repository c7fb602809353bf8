"""What a question names and no passage says: reasons to decline, however like a sentence sounds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.answering.extractive.passages import Passage
from app.answering.extractive.words import Reader

_MONTHS = (
    "january february march april may june july august september october november december".split()
)
_MONTH_OF_YEAR = re.compile(
    rf"\b({'|'.join(_MONTHS)})\s+(?:of\s+)?((?:19|20)\d\d)\b", re.IGNORECASE
)
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
_CODE = re.compile(r"\b(?=[\w/-]*\d)[A-Z][A-Z]*-?\d[\w/-]*\b")
_VERB = (
    r"(?:is|are|was|were|do|does|did|must|can|could|may|might|shall|should|will|would|has|have|had)"
)
_PREPOSITION = (
    r"(?:of|for|in|on|at|to|by|with|from|when|if|that|who|which|after|before|during|about|as|than"
    r"|between|under|over)"
)
_ARTICLE = r"(?:the|a|an|our|my|your|their|its)"
_END = rf"(?=\s+{_PREPOSITION}\b|\s*[?.,;]|\s*\Z)"
# "What is the salary of a driver?", "How big is the fine?", "Which battery does it need?"
_ASKED_FOR = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:what|which)(?:['’]s|\s+(?:is|are|was|were))\s+{_ARTICLE}\s+((?:[\w'’-]+\s+){{0,3}}?[\w-]+){_END}",
        rf"\bhow (?:big|high|large|much|long|low) (?:is|are|was|were) {_ARTICLE}\s+((?:[\w'’-]+\s+){{0,2}}?[\w-]+){_END}",
        r"\b(?:what|which)\s+(?:(?:type|kind|sort|make|brand|model)s?\s+of\s+)?((?!is\b|are\b|was\b|were\b)"
        rf"(?:[\w-]+\s+){{0,2}}?[\w-]+)\s+{_VERB}\b",
    )
)
# Nouns for which an answer has another word, or none: "35 %" for a percentage, "Ann" for a name.
_MEASURES = frozenset(
    "name names number percentage percent size term word title year date day time month range period place "
    "location length height age amount value result reason goal purpose nickname synonym gender difference "
    "earliest latest maximum minimum longest shortest most least highest lowest thing way color colour".split()
)


@dataclass(frozen=True, slots=True)
class Doubts:
    """What the passages do not hold; each true where it is missing.

    Attributes:
        asked_for: the noun that is asked for: the humidity of "What humidity must be kept?".
        time: a year, or a month of a year.
        code: a code such as `PG-203`.
    """

    asked_for: bool = False
    time: bool = False
    code: bool = False


def doubts(question: str, passages: Sequence[Passage], stems: Iterable[frozenset[str]]) -> Doubts:
    """What `question` names and the passages do not hold.

    Args:
        question: what is asked.
        passages: what was found for it.
        stems: those of the passages and of what frames them.
    """
    texts = "\n".join(
        f"{passage.title}\n{passage.context}\n{passage.dated or ''}\n{passage.text}"
        for passage in passages
    )
    noun = _asked_for(question)
    return Doubts(
        asked_for=noun is not None and not any(noun in held for held in stems),
        time=_lacks_time(question, texts),
        code=_lacks_code(question, texts),
    )


def _asked_for(question: str) -> str | None:
    """The stem of the noun that a question asks for, where its form tells."""
    for pattern in _ASKED_FOR:
        if (found := pattern.search(question)) is not None:
            words = [word for word in Reader().read(found[1]) if not word.grammar]
            if not words or words[-1].surface.lower() in _MEASURES:
                return None
            return words[-1].stem
    return None


def _lacks_time(question: str, texts: str) -> bool:
    """Whether a year stands nowhere, or a month neither beside its year nor apart from it.

    Where passages go through other months of that year, the month has to stand beside it.
    """
    for month, year in _MONTH_OF_YEAR.findall(question):
        held = {
            other.lower() for other, its_year in _MONTH_OF_YEAR.findall(texts) if its_year == year
        }
        number = _MONTHS.index(month.lower()) + 1
        if month.lower() in held or f"{year}-{number:02d}" in texts:
            continue
        apart = re.search(rf"\b{month[:3]}(?:{month[3:]})?\b", texts, re.IGNORECASE)
        if held or not (apart and year in texts):
            return True
    return any(year not in texts for year in _YEAR.findall(question))


def _lacks_code(question: str, texts: str) -> bool:
    held = re.sub(r"[\W_]", "", texts).casefold()
    codes = (re.sub(r"[\W_]", "", code).casefold() for code in _CODE.findall(question))
    return any(len(code) > 2 and code not in held for code in codes)
