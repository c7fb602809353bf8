"""Cut a passage into what can be quoted on its own: sentences, list items, table rows, code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from ingestion.languages import sentences

# An introduction and the list that it introduces are quoted together up to this many characters.
LONGEST_LIST = 600
# A fenced block of code up to this many characters is one unit, a longer one is cut into lines.
LONGEST_CODE = 500
LONGEST_HEADING = 80
# What is longer, with its table's header, is not quoted: an answer of few such ones would be longer than
# a model's may be. Text is cut by tokens, and a wide gap is of none.
LONGEST_QUOTED = 2_500

_LINE = re.compile(r"[^\n]+")
_FENCE = re.compile(r"[ \t]*(?:```|~~~)")
_CLOSING_FENCE = re.compile(r"^[ \t]*(?:```|~~~)[^\n]*", re.MULTILINE)
_RULE = re.compile(r"[\s|:\-=+*_]*\Z")
_BULLET = re.compile(r"[ \t]*[-*+•‣◦–][ \t]+")
_ITEM = re.compile(r"[ \t]*(?:[-*+•‣◦–]|\(?\d{1,3}[.)]|\(?[A-Za-z][.)])[ \t]+")
_HEADING = re.compile(r"[ \t]{0,3}#{1,6}[ \t]+")
_PARAGRAPH = re.compile(r"[^\n]+(?:\n[^\n]+)*")
# A prompt, an option, an assignment, a command that many know, a call, a comment after a command, a
# statement, a request, braces, or a key of JSON.
_CODE_LINE = re.compile(
    r"\A\s*(?:\$\s\S|PS [A-Z]:|[A-Z]:\\|\.{0,2}/[\w./-]+(?:\s|\Z)"
    r"|[a-z][\w.-]*(?:\s+\S+)*\s+--?[A-Za-z][\w-]*(?:\s|=|\Z)|(?:export\s+)?[A-Za-z_][\w.]*=\S"
    r"|(?:sudo|curl|wget|pip|npm|git|docker|make|cd|python\d?|kubectl|helm|terraform|ssh|apt|apt-get|dnf|yum"
    r"|systemctl|service|plumb)\s+\S"
    r"|[\w.]+\([^)]*\)\s*;?\s*\Z|[a-z][\w.-]*(?:\s+[\w./:=@-]+)+\s{2,}#\s"
    r"|(?:Get|Set|New|Remove|Start|Stop|Restart|Install|Enable|Disable|Import|Export|Invoke|Add|Test)-[A-Z]\w+"
    r"|[A-Z]{3,}(?:\s+\S+)+;\s*\Z|(?:GET|POST|PUT|PATCH|DELETE)\s+(?:https?://|/)\S*"
    r"|[{}\[\]()]+[;,]?\s*\Z|[{\s]*\"[\w.-]+\":\s)"
)
# No pattern of code asks for more than two spaces; in a wide gap they would look for their ends for seconds.
_GAP = re.compile(r"\s{3,}")
_COMMENT = re.compile(r"\s*(?:#|//|--\s)")
# A command that no option marks: small letters first, and nothing that only prose has.
_BARE_COMMAND = re.compile(r"\A\s*[a-z][\w.-]*(?:\s+[^\s,;:!?]+)+\s*\Z")
_SENTENCE_END = re.compile(r"[a-z)\"'][.!?]\s*\Z")


class Kind(Enum):
    """What a unit is."""

    SENTENCE = "sentence"
    ITEM = "item"
    ROW = "row"
    CODE = "code"
    HEADING = "heading"


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch `[start, end)` of a passage's text.

    Attributes:
        start: first character, inclusive.
        end: last character, exclusive.
        kind: what it is; a heading or a question is never an answer.
        about: what stands over it and says what it is about: heading, table header, introduction.
        header: the header of its table, for a row.
    """

    start: int
    end: int
    kind: Kind = Kind.SENTENCE
    about: str = ""
    header: str = ""


def cut(text: str, context: str = "") -> list[Unit]:
    """The units of a passage in reading order; `context` may hold the header of a cut table."""
    pieces = (
        unit
        for unit in _pieces(text, context)
        if unit.end - unit.start + len(unit.header) <= LONGEST_QUOTED
    )
    return list(_with_lists(text, list(_under_headings(text, pieces))))


def _pieces(text: str, context: str) -> Iterator[Unit]:
    header = next((_cells(line) for line in context.splitlines() if line.lstrip()[:1] == "|"), "")
    prose = at = 0
    in_table = False
    while (line := _LINE.search(text, at)) is not None:
        at = line.end()
        if _FENCE.match(line[0]):
            yield from _prose(text, prose, line.start())
            closing = _CLOSING_FENCE.search(text, at)
            at = closing.end() if closing else len(text)
            yield from _code(text, line.end() + 1, closing.start() if closing else len(text))
            prose, in_table = at, False
        elif line[0].lstrip().startswith("|"):
            yield from _prose(text, prose, line.start())
            prose = at
            if _RULE.match(line[0]):
                continue
            if not in_table and _rule_follows(text, at):
                header = _cells(line[0])
            else:
                start = line.start() + len(line[0]) - len(line[0].lstrip().lstrip("|").lstrip())
                end = line.start() + len(line[0].rstrip().rstrip("|").rstrip())
                if start < end:
                    yield Unit(start, end, Kind.ROW, header, header)
            in_table = True
        else:
            in_table = False
    yield from _prose(text, prose, len(text))


def _cells(line: str) -> str:
    return " | ".join(cell.strip() for cell in line.strip().strip("|").split("|") if cell.strip())


def _rule_follows(text: str, at: int) -> bool:
    following = _LINE.search(text, at)
    return following is not None and "-" in following[0] and _RULE.match(following[0]) is not None


def _code(text: str, start: int, end: int) -> Iterator[Unit]:
    if end - start <= LONGEST_CODE:
        body = text[start:end]
        if body.strip():
            yield Unit(
                start + len(body) - len(body.lstrip("\n")), start + len(body.rstrip()), Kind.CODE
            )
        return
    for line in _LINE.finditer(text, start, end):
        if line[0].strip():
            yield Unit(line.start(), line.end(), Kind.CODE)


def _prose(text: str, start: int, end: int) -> Iterator[Unit]:
    """Sentences and items; a paragraph of commands, whose fence the loader took off, is code."""
    at = start
    for found in _PARAGRAPH.finditer(text, start, end):
        introduced = text[start : found.start()].rstrip().endswith(":")
        if _reads_as_code(found[0], introduced):
            yield from _sentences(text, at, found.start())
            yield from _code(text, found.start(), found.end())
            at = found.end()
    yield from _sentences(text, at, end)


def _reads_as_code(paragraph: str, introduced: bool) -> bool:
    """Whether at least half of the lines hold what only code holds, and none ends as a sentence does.

    Args:
        paragraph: lines without an empty one between them.
        introduced: whether a colon stands before it: then commands need no other mark.
    """
    narrow = (_GAP.sub("  ", line) for line in paragraph.splitlines())
    lines = [line for line in narrow if line.strip() and not _COMMENT.match(line)]
    if not lines or any(_SENTENCE_END.search(line) or _ITEM.match(line) for line in lines):
        return False
    if introduced and all(_BARE_COMMAND.match(line) for line in lines):
        return True
    sure = [line for line in lines if _CODE_LINE.search(line)]
    commands = {line.split()[0] for line in sure}
    likely = [line for line in lines if line in sure or line.split()[0] in commands]
    return bool(sure) and 2 * len(likely) > len(lines)


def _sentences(text: str, start: int, end: int) -> Iterator[Unit]:
    spans = [(start + a, start + b) for a, b in sentences.split(text[start:end])]
    for (first, last), (below, _) in zip(spans, [*spans[1:], (end, end)], strict=False):
        unit = Unit(first, last)
        quoted = text[unit.start : unit.end]
        if not any(character.isalnum() for character in quoted):
            continue
        at_line_start = "\n" in text[max(0, unit.start - 8) : unit.start] or unit.start < 8
        if mark := _HEADING.match(quoted):
            yield replace(unit, start=unit.start + mark.end(), kind=Kind.HEADING)
        elif quoted.endswith("?"):
            yield replace(unit, kind=Kind.HEADING)
        elif at_line_start and _ITEM.match(quoted):
            bullet = _BULLET.match(quoted)
            yield replace(unit, start=unit.start + (bullet.end() if bullet else 0), kind=Kind.ITEM)
        elif at_line_start and _titles(text, unit, below):
            yield replace(unit, kind=Kind.HEADING)
        else:
            yield unit


def _titles(text: str, unit: Unit, following: int) -> bool:
    """Whether the unit is a short line without a full stop, with a paragraph or table under it."""
    quoted = text[unit.start : unit.end]
    if len(quoted) > LONGEST_HEADING or quoted[-1] in ".!:;,…" or ": " in quoted or "\n" in quoted:
        return False
    gap = text[unit.end : following]
    below = text[following:].lstrip().split("\n", 1)[0]
    return below.startswith("|") or (
        "\n" in gap
        and len(below) > len(quoted)
        and below.rstrip()[-1:] in (".", ":")
        and not _ITEM.match(below)
    )


def _under_headings(text: str, units: Iterator[Unit]) -> Iterator[Unit]:
    heading = introduction = ""
    for unit in units:
        quoted = text[unit.start : unit.end]
        if unit.kind is Kind.HEADING:
            heading, introduction = quoted, ""
            yield unit
            continue
        if unit.kind is Kind.SENTENCE:
            introduction = ""
        about = "\n".join(part for part in (heading, introduction, unit.about) if part)
        yield replace(unit, about=about)
        if unit.kind is Kind.SENTENCE and quoted.endswith(":"):
            introduction = quoted


def _with_lists(text: str, units: list[Unit]) -> Iterator[Unit]:
    """An introduction says nothing without its list or code, so it takes in what fits of it."""
    for index, unit in enumerate(units):
        end = unit.end
        if unit.kind is Kind.SENTENCE and text[unit.end - 1] == ":":
            for follower in units[index + 1 :]:
                listed = follower.kind in (Kind.ITEM, Kind.CODE)
                if not listed or follower.end - unit.start > LONGEST_LIST:
                    break
                end = follower.end
        yield replace(unit, end=end, kind=Kind.ITEM) if end > unit.end else unit
