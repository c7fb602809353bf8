"""Where sentences begin and end, as character offsets.

One pass over candidate ends, each judged by what stands right before and after it, so the time
is linear in the text whatever it holds. Rules are for English and its neighbours in Latin script;
full-width, Arabic and Devanagari full stops end sentences too.

Why not a library (measured 2026-11-24): sentencex 1.0.32 is fast, but its pieces do not always
add up to the text, it takes everything between two stray quotation marks for one sentence (6,353
characters in COVID-QA), and it splits after "approx.", "vol." and "vs." without a way to teach it.
"""

from __future__ import annotations

import re

# What may close a sentence after its full stop: quotes, brackets, and reference marks like [12].
_CANDIDATE = re.compile(
    r"""
    [\n\r\f\v\u2028\u2029]\s*+                     # a line break, with all space after it
    | (?<![.!?…])[.!?…]++ ["'”’»)\]*_]*+ (?:\[[\d,\ –-]{1,20}\])*+ (?=\s|\Z)
    | [。！？｡]++ [」』”’）"]*+
    | (?<![؟।॥۔])[؟।॥۔]++ (?=\s|\Z)
    """,
    re.VERBOSE,
)
_BREAKS = "\n\r\f\v\u2028\u2029"
_CLOSING_QUOTES = '"”’»'
# A line that begins like this is never the rest of the line before it.
_FRESH_LINE = re.compile(
    r"[-*+•‣◦–—]\s|\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,4})[.)]\s|\||\#|>|```|~~~|[A-Z][^\s:]*(?:\s[^\s:]+){0,3}:\s"
)
# A shorter line did not reach the margin: what follows it is not its rest.
_WRAPPED_LINE = 45
# Brackets and quotations hold together when they close within this many characters.
_REACH = 200
# What is shorter may be the number of a list item.
_MARKER_LENGTH = 16

_TITLES = frozenset(
    "adm amb atty brig capt cdr cmdr col cpl dr drs fr gen gov hon insp lt maj messrs mlle mme mr mrs "
    "ms msgr ofc pres prof pvt rep revd rev sen sgt sr. st ste supt".split()
)
_MID_SENTENCE = frozenset("cf e.g eg i.e ie esp incl resp viz vs v approx ca circa".split())
# Followed by a number, a letter that counts, or a bracket.
_BEFORE_NUMBERS = frozenset(
    "abs app art arts bd bk ch chap col cl eq eqs ex ext fig figs fl ln no nos nr p par para pg pp pt "
    "ref refs sec sect suppl tab tel vol vols § jan feb mar apr jun jul aug sep sept oct nov dec".split()
)
# May end a sentence; then the next one begins with a word of _STARTERS.
_AMBIGUOUS = frozenset(
    "al assn ave bhd blvd bros co corp dept dist est etc ft gmbh hwy inc jr llc ltd mt mts ph.d plc "
    "rd sr univ".split()
)
_STARTERS = frozenset(
    "a after all although an and any as at because before both but by during each every for from he her "
    "here his how however i if in it its many most my no not of on once one our several she since so some "
    "such than that the their then there these they this those though thus to today under until we what "
    "when where whether which while who why with you your".split()
)
_COUNTER = re.compile(r"[\d(\[#]|[A-Z]?[\d.]+\b|[A-Z]\b|[IVXLC]+\b")
_NEXT_WORD = re.compile(r"[\"“‘'(\[*_]*(\w+)")
_MARKER_ONLY = re.compile(r"[\s(*_]*(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z]|[ivxIVX]{1,4})\.\Z")


def split(text: str, language: str | None = None) -> list[tuple[int, int]]:
    """Spans `(start, end)` of the sentences of `text`, in order, without surrounding white space.

    A blank line ends a sentence, and so does a line break, unless the next line reads as the rest
    of a wrapped one. Nothing but white space lies outside the spans.
    """
    spans: list[tuple[int, int]] = []
    start = line = 0
    for match in _CANDIDATE.finditer(text):
        at, end = match.span()
        if text[at] in _BREAKS:
            if not _wrapped(text, line, at, end):
                _add(spans, text, start, at)
                start = end
            line = end
        elif _ends(text, start, at, end):
            _add(spans, text, start, end)
            start = end
    _add(spans, text, start, len(text))
    return spans


def _add(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        spans.append((start, end))


def _wrapped(text: str, line: int, at: int, end: int) -> bool:
    """Whether the text after the break `[at, end)` continues the line `[line, at)`."""
    blank = text.count("\n", at, end) > 1 or text[at] in "\f\v\u2029"
    if blank or end >= len(text) or at - line < _WRAPPED_LINE:
        return False
    if text[line] in "|#" or _FRESH_LINE.match(text, end):
        return False
    before, after = text[at - 1], text[end]
    if before in ".!?…:|":
        return before == "." and (after.islower() or _abbreviation(text, line, at - 1, end))
    return after.islower() or after.isdigit() or before.islower() or before in ",;-–—"


def _ends(text: str, start: int, at: int, end: int) -> bool:
    """Whether the sentence begun at `start` ends with the candidate `[at, end)`."""
    follow = end
    limit = min(len(text), end + _REACH)
    while follow < limit and text[follow].isspace():
        follow += 1
    if follow >= len(text):
        return True
    if text[at] in ".!?…":
        lower = text[follow].islower()
        if lower and not _lower_case_prose(text, start, at):
            return False
        if text[at] == "." and (end == at + 1 or text[at + 1] not in ".!?…"):
            if at - start < _MARKER_LENGTH and _MARKER_ONLY.match(text, start, at + 1):
                return False
            if end == at + 1 and _abbreviation(text, start, at, follow):
                return False
    return not _inside(text, start, at, end)


def _lower_case_prose(text: str, start: int, at: int) -> bool:
    """Whether the sentence so far has no capitals at all, so that the next needs none either."""
    return at - start > _MARKER_LENGTH and text[start : min(at, start + _REACH)].islower()


def _abbreviation(text: str, start: int, at: int, follow: int) -> bool:
    """Whether the full stop at `at` belongs to a word that the sentence goes on after."""
    words = text[max(start, at - 24) : at].rsplit(None, 1)
    word = words[-1].lstrip("([{\"“‘'").lower() if words else ""
    if not word or len(word) > 12:
        return False
    if word in _TITLES or word in _MID_SENTENCE:
        return True
    if word in _BEFORE_NUMBERS:
        return _COUNTER.match(text, follow) is not None
    initials = (len(word) == 1 and word.isalpha() and text[at - 1].isupper()) or (
        "." in word and all(len(part) == 1 and part.isalpha() for part in word.split("."))
    )
    if initials or word in _AMBIGUOUS:
        following = _NEXT_WORD.match(text, follow)
        if following is None:
            return text[follow].isdigit()
        if word == "etc" or (word == "al" and text[follow] in "(["):
            return word == "al"
        return following[1].lower() not in _STARTERS
    return False


def _inside(text: str, start: int, at: int, end: int) -> bool:
    """Whether the candidate lies within a bracket or quotation that closes soon after it."""
    since = max(start, end - _REACH)
    for opening, closing in (("(", ")"), ("[", "]"), ("“", "”"), ("«", "»")):
        if text.count(opening, since, end) > text.count(closing, since, end):
            close = text.find(closing, end, end + _REACH)
            if (
                close >= 0
                and text.find(opening, end, close) < 0
                and text.find("\n\n", end, close) < 0
            ):
                return True
    if text[at:end].rstrip(")]*_")[-1] in _CLOSING_QUOTES or not text.count('"', since, end) % 2:
        return False
    close = text.find('"', end, end + _REACH)
    return close > 0 and not text[close - 1].isspace() and text.find("\n\n", end, close) < 0
