"""A question asks for a noun that no passage holds: a reason to doubt, however alike a sentence is."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.answering.extractive.words import Reader

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


def lacks_asked_for(question: str, stems: Iterable[frozenset[str]]) -> bool:
    """Whether `question` asks for a thing by a noun that no passage holds: the humidity, the salary.

    Args:
        question: the user's question.
        stems: those of the passages and of what frames them.
    """
    noun = _asked_for(question)
    return noun is not None and not any(noun in held for held in stems)


def _asked_for(question: str) -> str | None:
    """The stem of the noun that a question asks for, where its form tells."""
    for pattern in _ASKED_FOR:
        if (found := pattern.search(question)) is not None:
            words = [word for word in Reader().read(found[1]) if not word.grammar]
            if not words or words[-1].surface.lower() in _MEASURES:
                return None
            return words[-1].stem
    return None
