"""Write raised, lowered and fractional text on one line, the same way in all formats.

Plain text has no superscripts: 10 with a raised 6 must not read 106. The notation is that of
plain-text mathematics: `10^6`, `10^-9`, `2^(n+1)`, `log_2`, `15/4`. Unicode's own superscript
characters are not used, because search folds them into ordinary digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from itertools import groupby


class Script(Enum):
    """Where a run of text stands relative to its line."""

    BASE = "base"
    RAISED = "raised"
    LOWERED = "lowered"
    NOTE = "note"  # the mark of a footnote or an endnote


# Raised letters that belong to the word or the number before them: 1st, 2ème, M.lle, 3º.
_SUFFIXES = frozenset(
    "st nd rd th e er re ère ere ème eme es nde o a º ª le te de lle lles me mes gr".split()
)
# A raised number behind one of these is no exponent but a note: 95%¹, 2021⁴, provisional².
_BEFORE_NOTE = re.compile(r"(?:[%‰.,;:!?\"”’»…]|\b(?:1[5-9]|20)\d\d|[^\W\d_]{5,})$")
_UNIT_WORD = re.compile(r"(?:met(?:er|re)s?|inch(?:es)?|seconds?|miles?|yards?)$", re.IGNORECASE)
_BRACKETED_NOTE = re.compile(r"\[\s*(\d{1,3}(?:\s*[,–-]\s*\d{1,3})*|[a-z])\s*\]")
_NOTE_NUMBER = re.compile(r"\d{1,2}(?:\s*[,;–-]\s*\d{1,2})*")
# Signs that stand high by themselves.
_HIGH_SIGNS = re.compile(r"[*†‡§¶™®©℠°′″'\"º ª]+")
_SIMPLE = re.compile(r"[-+−–]?[^\W_]+(?:[.,][^\W_]+)*|[-+−–*]")


# Stands before a formula in a run: 3 and 1/2 are not 31/2.
FORMULA = "\u2063"
_BETWEEN_FIGURES = re.compile(rf"(?<=\d){FORMULA}(?=\d)")


def on_one_line(runs: Iterable[tuple[str, Script]]) -> str:
    """Runs of text joined on one line; raised and lowered runs keep their meaning.

    Neighbours in the same script count as one run, since editors cut runs anywhere.
    """
    merged = [
        ("".join(text for text, _ in group), script)
        for script, group in groupby(((t, s) for t, s in runs if t), key=lambda run: run[1])
    ]
    written, skip = "", 0
    for place, (text, script) in enumerate(merged):
        if skip:
            skip -= 1
            continue
        if drawn := _drawn_fraction(merged[place : place + 3]):
            written += f" {drawn}" if written[-1:].isdigit() else drawn
            skip = 2
            continue
        following = merged[place + 1][0] if place + 1 < len(merged) else ""
        written += _written(text, script, written, following)
    if FORMULA in written:
        written = _BETWEEN_FIGURES.sub(" ", written).replace(FORMULA, "")
    return written


def fraction(numerator: str, denominator: str) -> str:
    """A fraction on one line: `15/4`, `(a+b)/2`."""
    return f"{_grouped(numerator)}/{_grouped(denominator)}"


def power(base: str, exponent: str) -> str:
    """A base with what is raised: `10^6`, `2^(n+1)`."""
    return f"{base}^{_grouped(exponent)}" if exponent else base


def index(base: str, below: str) -> str:
    """A base with what is lowered: `x_i`, `log_2`."""
    return f"{base}_{_grouped(below)}" if below else base


def note_mark(label: str) -> str:
    """The mark of a footnote: `[^1]`, as in Markdown, so that it is not taken for a number."""
    return f"[^{label.strip(' []()')}]"


def _drawn_fraction(runs: list[tuple[str, Script]]) -> str:
    """A fraction that is drawn with a raised and a lowered figure around a stroke."""
    scripts = [script for _, script in runs]
    if scripts != [Script.RAISED, Script.BASE, Script.LOWERED] or runs[1][0].strip() not in (
        "/",
        "⁄",
    ):
        return ""
    return fraction(runs[0][0].strip(), runs[2][0].strip())


def _written(text: str, script: Script, before: str, following: str) -> str:
    inner = text.strip()
    if script is Script.BASE or not inner:
        return text
    ahead = text[: len(text) - len(text.lstrip())]
    behind = text[len(text.rstrip()) :]
    touches = not behind and following[:1].isalnum()
    if script is Script.NOTE:
        return f"{ahead}{note_mark(inner)}{behind}"
    if script is Script.RAISED:
        if _HIGH_SIGNS.fullmatch(inner) or not before.strip():
            return text
        if inner.lower() in _SUFFIXES and before[-1:].isalnum():
            return text
        if bracketed := _BRACKETED_NOTE.fullmatch(inner):
            return f"{ahead}{note_mark(bracketed[1])}{behind}"
        if (
            _NOTE_NUMBER.fullmatch(inner)
            and _BEFORE_NOTE.search(before[-40:])
            and not _UNIT_WORD.search(before[-40:])
        ):
            return f"{ahead}{note_mark(inner)}{behind}"
        return f"{ahead}^{_grouped(inner, always=touches)}{behind}"
    if before[-1:].isalpha() and _SIMPLE.fullmatch(inner) and not following[:1].isdigit():
        return text  # H2O, CO2, x1
    if not before.strip():
        return text
    return f"{ahead}_{_grouped(inner, always=touches)}{behind}"


def _grouped(text: str, *, always: bool = False) -> str:
    text = " ".join(text.split())
    # 1/2a may be read as half of a.
    mixed = any(map(str.isdigit, text)) and any(map(str.isalpha, text))
    return text if _SIMPLE.fullmatch(text) and not always and not mixed else f"({text})"
