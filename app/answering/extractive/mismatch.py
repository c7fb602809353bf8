"""Quotations that cannot answer: they lack the form that is asked for, or are of another month or year.

"What is the web address of the page?" is not answered without a web address, nor "the surcharge for
October" by the row for May.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.answering.extractive.evidence import Candidate
from app.answering.extractive.expectation import NUMBER_WORDS
from app.answering.extractive.units import Kind

_THE = r"(?:the |an? |our |my |your |its |their )?(?:[\w-]+ ){0,2}?"
# "The fee for …", but not "the fee schedule".
_ENDS = (
    r"(?=\s*(?:$|[?.,;:)]|(?:of|for|to|at|in|on|per|by|with|under|if|when|while|after|before|a|an|the|we|you|i|they"
    r"|do|does|did|is|are|was|were|will|would|must|may|can|should)\b))"
)
_SUMS = r"(?:price|salary|wages?|fee|fine|discount|book value|allowance|bonus)"
_ASKS_FOR = r"\b(?:what|which)(?:['’]s| is| are| was| were)? "
_IS = r"\bwhat(?:['’]s| is| are| was| were) "
_HAPPENS = (
    r"(?:do|does|did|is|are|was|were|will|must|may|can|should|has|have|had|before|after|until)"
)
_NUMBER = rf"\d|\b(?:{'|'.join(sorted(NUMBER_WORDS))})\b"
_TIME_OR_LENGTH = (
    r"\b(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|h|days?|weeks?|months?|years?|decades?|century|centuries"
    r"|fortnights?|quarters?|nights?|until|till|before|within|by|forever|permanent(?:ly)?|midnight|noon|overnight|shift"
    r"|mornings?|afternoons?|evenings?|today|tomorrow|moments?|while|long|ends?|expires?|next|terms?|seasons?"
    r"|\w+day|immediately|instantly|at once|(?:in)?definite(?:ly)?|always|lifetime|m|cm|mm|km|feet|foot|ft|miles?"
    r"|met(?:re|er)s?|inch(?:es)?)\b|\d\d:\d\d|\b(?:1\d|20)\d\d\b"
)
_AMOUNT = (
    rf"{_NUMBER}|\b(?:several|few|all|any|unlimited|no|nobody|nothing|single|pair|both|each|every|full|whole"
    r"|dozens?|free|never|another|triplicate|duplicate|enough|most|more|less|maximum|minimum|limit"
    r"|(?:an?|the) (?:day|week|month|year|fortnight)|as \w+ as|of age|pace|deep|high|low)\b"
)
# What is asked for by a question's words, and what a unit must hold then. A form that is too wide
# declines too little; one that is too narrow declines what is right, which is worse.
_FORMS = tuple(
    (re.compile(asked, re.IGNORECASE), re.compile(form, re.IGNORECASE))
    for asked, form in (
        (
            rf"{_ASKS_FOR}{_THE}(?:web ?address|url){_ENDS}",
            r"://|www\.|\b[\w-]+\.[a-z]{2,}\b(?!\s)|\b[\w-]+/[\w-]+",
        ),
        (rf"{_ASKS_FOR}{_THE}e-?mail address{_ENDS}", r"@|[(\[]at[)\]]"),
        (rf"{_ASKS_FOR}{_THE}(?:phone|telephone|mobile) number{_ENDS}", r"\d\d"),
        (
            rf"{_ASKS_FOR}{_THE}(?:street|postal|mailing|home) address{_ENDS}",
            r"\d|\b(?:street|road|lane|avenue|drive|square|box|way|close|place|court|park|gate|hill|quay)\b",
        ),
        (
            r"\b(?:what|which) (?:percentage|per ?cent)\b",
            rf"{_AMOUNT}|%|\b(?:per ?cent|fifths?|tenths?|majority)\b",
        ),
        (
            r"\bhow heavy\b|\bhow much (?:do|does|did|can|may|must) .{0,40}\bweigh\b",
            rf"{_NUMBER}|\b(?:kg|kilo\w*|tonnes?|tons?|lbs?|pounds?|grams?|mg|ounces?|oz)\b|as \w+ as",
        ),
        (
            r"\bhow (?:hot|cold|warm)\b|\b(?:what|which) temperature\b",
            rf"{_NUMBER}|°|\b(?:degrees?|kelvin|minus|freez\w*|frozen|chilled|ambient|room|boil\w*)\b",
        ),
        (rf"\bhow long {_HAPPENS}\b", _TIME_OR_LENGTH),
        (r"\bhow (?:many|much|tall|high|deep|fast|wide|old)\b", _AMOUNT),
        (rf"{_IS}{_THE}pin{_ENDS}", r"\b\d{3,}\b"),
        (
            rf"{_IS}{_THE}(?:password|passcode|(?:door|access|entry) code){_ENDS}",
            r"\b\d{3,}\b|\b(?=\w*\d)(?=\w*[a-z])\w{3,}|\w-\w|[\"“”‘«`]",
        ),
    )
)
_ASKS_FOR_MONEY = re.compile(
    rf"\bhow (?:big|high|large|much) (?:is|are|was|were) {_THE}{_SUMS}{_ENDS}|{_IS}{_THE}{_SUMS}{_ENDS}"
    rf"|\bwhat {_SUMS} (?:do|does|did|will|would|must|should|can|is|are)\b"
    r"|\bhow much (?:do|does|did|will|would|must|should|can)\b.{0,60}\b(?:pay|cost|earn|charge)\b"
    r"|\bwhat (?:do|does|did|will|would) (?:i|we|you|they|one|it|an?\b \w+|the\b \w+) (?:pay|cost|earn|charge)\b",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"[£$€¥%]|\b(?:pounds?|euros?|dollars?|pence|cents?|francs|marks|usd|eur|gbp|chf|per ?cent|free|waived"
    r"|included|nothing|none|no (?:charge|cost|fee|price|fine)|rates?|half|double|twice|full|band|at cost"
    r"|on the house)\b|\d[.,]\d\d\b",
    re.IGNORECASE,
)
# "The salary is 71,000" and "parking costs 5 a day" name sums without a currency.
_NAMES_SUM = re.compile(
    rf"\d,\d\d\d\b|\b{_SUMS}\b.{{0,60}}?\b(?:is|are|was|were|of|at) (?:(?:about|around|only|up to) )?\d"
    r"|\b(?:costs?|pays?|charges?|charged|earns?)\b.{0,40}?\d",
    re.IGNORECASE,
)
_COLUMN_OF_MONEY = re.compile(
    r"\b(?:price|rate|cost|fee|amount|surcharge)s?\b|[£$€]", re.IGNORECASE
)
_MONTH = re.compile(
    r"\b(?:January|February|March|April|May|June|July|August|September|October|November|December)\b"
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
# Words of spans: "from April to June" is also about May.
_SPAN = re.compile(
    r"\b(?:from|since|until|till|to|through|between|before|after|by|earlier|later|previous|following|next|last|every|each)\b"
    r"|[-–]",
    re.IGNORECASE,
)


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
    if _ASKS_FOR_MONEY.search(question):
        return not any(map(_holds_money, quoted))
    return any(asked.search(question) and not form.search(whole) for asked, form in _FORMS)


def _holds_money(one: Candidate) -> bool:
    """Whether a unit names a sum, or a number that its words, heading or column say is one."""
    if _MONEY.search(one.text):
        return True
    has_number = any(character.isdigit() for character in one.text)
    over = f"{one.unit.header} {one.unit.about}"
    is_sum = _COLUMN_OF_MONEY.search(over) or _NAMES_SUM.search(one.text)
    return has_number and is_sum is not None


def _is_of_another_time(question: str, quoted: Sequence[Candidate]) -> bool:
    """Whether the best unit names another month, or the units and their documents' titles other years.

    A sentence that names a span may be about the months and years in it.
    """
    texts = [one.text for one in quoted if one.unit.kind is Kind.ROW or not _SPAN.search(one.text)]
    if len(texts) < len(quoted):
        return False
    months = set(_MONTH.findall(question))
    named = [set(_MONTH.findall(text)) for text in texts]
    if months and named[0] and months.isdisjoint(set().union(*named)):
        return True
    years = set(_YEAR.findall(question))
    frames = (f"{one.passage.title} {one.passage.context} {one.unit.about}" for one in quoted)
    of = set(_YEAR.findall(" ".join([*frames, *texts])))
    return bool(years and of) and years.isdisjoint(of)
