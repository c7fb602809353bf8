"""Ask for one cell of a table: by its row's name and its column's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from evals.cases.case import Gold
from evals.growing.synthesis.made import Made
from evals.growing.synthesis.naming import in_sentence, place
from ingestion.documents import Chunk

CELLS = re.compile(r"(?<!\\)\|")
RULE = re.compile(r"^\|(?:\s*:?-{3,}:?\s*\|)+$")
# Cells that say too little to be asked for.
SAYS_NOTHING = re.compile(r"^(?:|[-–—/.*]+|yes|no|none|n/?a|true|false|x|✓|✗|same|nothing)$", re.I)
MEANING = re.compile(r"^(?:meaning|definition|means|explanation)$", re.I)
# Columns that can be asked for as "the …"; others ("May read", "Sunday", "Assured") are quoted.
NOUN = re.compile(
    r"\b(?:rate|limit|price|cost|fee|time|temperature|point|weight|term|name|owner|number|product|"
    r"supplier|period|group|size|length|width|height|capacity|charge|type|model|address|surcharge|"
    r"deadline|purpose|reason|cause|action|default|unit|manufacturer|phone|extension|interval|speed|"
    r"currency|country|city|author|role|status|version|distance|duration|amount|share|percentage)"
    r"(?: \([^)]*\))?$",
    re.I,
)
LONGEST_LABEL, LONGEST_CELL = 60, 160


def from_tables(chunk: Chunk) -> Iterator[Made]:
    """A question for every cell that can be named; those of a row share their label."""
    header: list[str] = []
    rows: list[tuple[str, list[str]]] = []
    lines = [*((line, False) for line in chunk.context.split("\n"))]
    lines += [(line, True) for line in chunk.text.split("\n")]
    for number, (line, own) in enumerate(lines):
        stripped = line.strip()
        if not stripped.startswith("|"):
            yield from _asked(header, rows, chunk)
            header, rows = [], []
        elif RULE.match(stripped):
            continue
        elif number + 1 < len(lines) and RULE.match(lines[number + 1][0].strip()):
            yield from _asked(header, rows, chunk)
            header, rows = _cells(stripped), []
        elif own and header:
            rows.append((stripped, _cells(stripped)))
    yield from _asked(header, rows, chunk)


def _asked(
    header: Sequence[str], rows: Sequence[tuple[str, list[str]]], chunk: Chunk
) -> Iterator[Made]:
    if len(header) < 2 or not header[0]:
        return
    names = Counter(cells[0] for _, cells in rows)
    for line, cells in rows:
        name = cells[0]
        # A row's name must name it, and read as a name: a bare number or a date does not.
        if names[name] > 1 or not _names(name) or len(cells) > len(header):
            continue
        for column, value in zip(header[1:], cells[1:], strict=False):
            if not column or SAYS_NOTHING.match(value) or len(value) > LONGEST_CELL:
                continue
            yield Made(
                question=_question(header[0], name, column, chunk),
                answer=value.replace("\\|", "|"),
                gold=(Gold(document=chunk.document_id, quote=line),),
                generator="table-row",
            )


def _question(kind: str, name: str, column: str, chunk: Chunk) -> str:
    where = place(chunk)
    if MEANING.match(column):
        return f"What does “{name}” mean in {where}?"
    row = f"the {in_sentence(kind)} “{name}”"
    if NOUN.search(column):
        return f"In {where}, what is the {in_sentence(column)} for {row}?"
    return f"In {where}, what is given under “{column}” for {row}?"


def _names(name: str) -> bool:
    return (
        not SAYS_NOTHING.match(name)
        and len(name) <= LONGEST_LABEL
        and sum(character.isalpha() for character in name) >= 2
    )


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in CELLS.split(line)[1:-1]]
