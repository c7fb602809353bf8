"""Documents and questions made of common English words, no two alike: speed needs no real ones."""

from __future__ import annotations

import random
from itertools import accumulate
from pathlib import Path

# Commonest first: word number n is drawn in proportion to 1 / (n + 10), as in real text.
WORDS = (
    "the of and to in a is that for it as was with be by on not he his but at are this have from or had "
    "an they which one you were all her she there would their we him been has when who will no more if "
    "out so up said what its about than into them can only other time new some could these two may first "
    "then do any like my now over such our man me even most made after also did many off before must well "
    "back through years much where your way down should because long each just state those people too "
    "mister how little good world make very year still see own work men day get here old life both between "
    "being under three never know same last another while us might great since come right small number "
    "against system pressure customer warehouse delivery contract agreement temperature procedure "
    "department responsible inspection equipment maintenance quarantine certificate manufacturer supplier "
    "calibration documentation authorisation employee insurance reimbursement expenditure laboratory "
    "transmission infection vaccination epidemiology respiratory coronavirus protein immunological "
    "inventory shipment logistics compliance regulation environmental sustainability infrastructure "
    "configuration authentication encryption deployment availability monitoring throughput latency "
    "quarterly revenue depreciation shareholder acquisition subsidiary liabilities amortisation goodwill "
    "hydraulic turbine bearing lubricant vibration compressor corrosion tolerance specification assembly"
).split()
CUMULATED = tuple(accumulate(1 / (place + 10) for place in range(len(WORDS))))
PER_PARAGRAPH = 6
PARAGRAPHS_PER_SECTION = 3


def made_document(chance: random.Random, number: int, characters: int) -> str:
    """Markdown of about so many characters: a title, sections, paragraphs of prose."""
    parts = [f"# Report {number}: {_words(chance, 4)}"]
    length = paragraphs = 0
    while length < characters:
        if paragraphs % PARAGRAPHS_PER_SECTION == 0:
            parts.append(f"## {_words(chance, 3).capitalize()}")
        parts.append(" ".join(_sentence(chance) for _ in range(PER_PARAGRAPH)))
        length += len(parts[-1])
        paragraphs += 1
    return "\n\n".join(parts)[: max(characters, 1)] + "\n"


def made_question(chance: random.Random) -> str:
    """A question of about ten words."""
    return f"What does the {_words(chance, chance.randint(6, 11))} say?"


def write_documents(folder: Path, count: int, characters: int, chance: random.Random) -> int:
    """Write so many Markdown files of about so many characters each; characters in all."""
    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    for number in range(count):
        text = made_document(chance, number, characters)
        (folder / f"report-{number:06d}.md").write_text(text, encoding="utf-8")
        written += len(text)
    return written


def _sentence(chance: random.Random) -> str:
    words = _words(chance, chance.randint(8, 24))
    # Numbers and codes, as documents have them.
    tail = f" {chance.randint(1, 99_999)}" if chance.random() < 0.2 else ""
    return f"{words.capitalize()}{tail}."


def _words(chance: random.Random, count: int) -> str:
    return " ".join(chance.choices(WORDS, cum_weights=CUMULATED, k=count))
