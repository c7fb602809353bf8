"""Quotations that cannot answer: they lack the form that is asked for, or are of another month or year.

"What is the web address of the page?" is not answered without a web address, nor "the surcharge for
October" by the row for May.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.answering.extractive.evidence import Candidate
from app.answering.extractive.expectation import NUMBER_WORDS

_THE = r"(?:the |an? |our |my |your |its |their )?(?:[\w-]+ ){0,2}?"
_SUMS = r"(?:price|salary|wages?|fee|fine|discount|book value|allowance|bonus)"
_ASKS_FOR = r"\b(?:what|which)(?:['’]s| is| are| was| were)? "
_HAPPENS = (
    r"(?:do|does|did|is|are|was|were|will|must|may|can|should|has|have|had|before|after|until)"
)
_TIME_OR_LENGTH = (
    r"\b(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|h|days?|weeks?|months?|years?|decades?|century|centuries"
    r"|fortnight|quarters?|nights?|until|till|forever|permanent(?:ly)?|midnight|noon|overnight|shift"
    r"|immediately|at once|(?:in)?definite(?:ly)?|always|lifetime|m|cm|mm|km|feet|foot|ft|miles?|met(?:re|er)s?|inch(?:es)?)\b"
    r"|\d\d:\d\d|\b(?:1\d|20)\d\d\b"
)
_AMOUNT = rf"\d|\b(?:{'|'.join(sorted(NUMBER_WORDS))}|several|few|all|any|unlimited|no|single|pair|free|never)\b"
# What is asked for by a question's words, and what a unit must hold then.
_FORMS = tuple(
    (re.compile(asked, re.IGNORECASE), re.compile(form, re.IGNORECASE))
    for asked, form in (
        (
            rf"{_ASKS_FOR}{_THE}(?:web ?address|url)\b",
            r"https?://|www\.|\b[\w-]+\.[a-z]{2,}\b(?!\s)",
        ),
        (rf"{_ASKS_FOR}{_THE}e-?mail address\b", "@"),
        (rf"{_ASKS_FOR}{_THE}(?:phone|telephone|mobile) number\b", r"\d{3}"),
        (
            rf"{_ASKS_FOR}{_THE}(?:street|postal|mailing|home) address\b",
            r"\b\d{1,4}[a-z]?,? [A-Z]|\b(?:street|road|lane|avenue|drive|square|box)\b",
        ),
        (
            r"\b(?:what|which) (?:percentage|per ?cent|share|proportion|fraction)\b",
            r"%|\b(?:per ?cent|half|thirds?|quarters?|fifths?|tenths?|majority|all|most|none)\b|\d ?/ ?\d|\d\.\d",
        ),
        (
            r"\bhow heavy\b|\bhow much (?:do|does|did|can|may|must) .{0,40}\bweigh\b",
            r"\b(?:kg|kilo\w*|tonnes?|tons?|t|lbs?|pounds?|g|grams?|mg|ounces?|oz)\b",
        ),
        (
            r"\bhow (?:hot|cold|warm)\b|\b(?:what|which) temperature\b",
            r"°|\bdegrees?\b|\bkelvin\b|\d ?[CFK]\b",
        ),
        (rf"\bhow long {_HAPPENS}\b", _TIME_OR_LENGTH),
        (r"\bhow (?:many|much|tall|high|deep|fast|wide|old)\b", _AMOUNT),
        (
            rf"{_ASKS_FOR}{_THE}(?:pin|password|passcode|(?:door|access|entry) code)\b",
            r"\b\d{3,}\b",
        ),
    )
)
_ASKS_FOR_MONEY = re.compile(
    rf"\bhow (?:big|high|large|much) (?:is|are|was|were) {_THE}{_SUMS}\b|{_ASKS_FOR}{_THE}{_SUMS}\b"
    r"|\bhow much (?:do|does|did|will|would|must|should|can)\b.{0,60}\b(?:pay|cost|earn|charge)\b"
    r"|\bwhat (?:do|does|did|will|would) (?:i|we|you|they|one|it|an?\b \w+|the\b \w+) (?:pay|cost|earn|charge)\b",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"[£$€¥%]|\b(?:pounds?|euros?|dollars?|pence|cents?|francs|marks|usd|eur|gbp|chf|per ?cent|free"
    r"|no charge)\b|\d[.,]\d\d\b",
    re.IGNORECASE,
)
# "The salary is 71,000" names a sum without a currency.
_NAMES_SUM = re.compile(
    rf"\d,\d\d\d\b|\b{_SUMS}\b.{{0,60}}?\b(?:is|are|was|were|of|at) (?:(?:about|around|only|up to) )?\d",
    re.IGNORECASE,
)
_COLUMN_OF_MONEY = re.compile(
    r"\b(?:price|rate|cost|fee|amount|surcharge)s?\b|[£$€]", re.IGNORECASE
)
_MONTH = re.compile(
    r"\b(?:January|February|March|April|May|June|July|August|September|October|November|December)\b"
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


def cannot_answer(question: str, quoted: Sequence[Candidate]) -> bool:
    """Whether what would be quoted cannot answer, by the form or the time that is asked for.

    Args:
        question: the user's question.
        quoted: the units, best first; at least one.
    """
    return _lacks_form(question, quoted) or _is_of_another_time(question, quoted)


def _lacks_form(question: str, quoted: Sequence[Candidate]) -> bool:
    """Whether no unit holds a value of the kind that is asked for: money, an address, a number."""
    whole = " ".join(f"{one.unit.header} {one.text}" for one in quoted)
    if any(asked.search(question) and not form.search(whole) for asked, form in _FORMS):
        return True
    return _ASKS_FOR_MONEY.search(question) is not None and not any(map(_holds_money, quoted))


def _holds_money(one: Candidate) -> bool:
    """Whether a unit names a sum, or a number that its words, heading or column say is one."""
    if _MONEY.search(one.text):
        return True
    has_number = any(character.isdigit() for character in one.text)
    over = f"{one.unit.header} {one.unit.about}"
    is_sum = _COLUMN_OF_MONEY.search(over) or _NAMES_SUM.search(one.text)
    return has_number and is_sum is not None


def _is_of_another_time(question: str, quoted: Sequence[Candidate]) -> bool:
    """Whether the best unit names another month, or the units and their documents' titles other years."""
    months = set(_MONTH.findall(question))
    said = [set(_MONTH.findall(one.text)) for one in quoted]
    if months and said[0] and months.isdisjoint(set().union(*said)):
        return True
    years = set(_YEAR.findall(question))
    frames = (f"{one.passage.title} {one.passage.context} {one.unit.about}" for one in quoted)
    of = set(_YEAR.findall(" ".join([*frames, *(one.text for one in quoted)])))
    return bool(years and of) and years.isdisjoint(of)
