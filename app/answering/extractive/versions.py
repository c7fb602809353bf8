"""Of versions of one document, the one in force comes first, and the answer says which it is.

Passages are of versions of one document where their titles are the same but for years, dates and
version numbers, and both documents have a date in their metadata.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.answering.extractive.evidence import Candidate
from app.answering.extractive.passages import Passage

_APART = re.compile(
    r"\(?\b(?:v(?:ersion)?\.?\s*)?\d[\d./-]*\)?|\b(?:superseded|old|new|current|archived|draft|revised|version"
    r"|january|february|march|april|may|june|july|august|september|october|november|december)\b|[^\w\s]",
    re.IGNORECASE,
)
_OVER = re.compile(r"supersed|replaced|expired|withdrawn|archived|obsolete|outdated", re.IGNORECASE)
_NAMES_TIME = re.compile(
    r"\b(?:19|20)\d\d\b|\b(?:old|earlier|previous|former|last|before|formerly|superseded|until|was|were|did)\b",
    re.IGNORECASE,
)


def is_over(passage: Passage, question: str) -> bool:
    """Whether a passage is of a superseded version, and the question does not ask about the past."""
    return bool(_OVER.search(passage.status)) and not _NAMES_TIME.search(question)


def in_force_first(
    quoted: Sequence[Candidate], question: str
) -> tuple[list[Candidate], dict[int, str]]:
    """The quotations with the version in force first, and what to say of which.

    Of versions that no status calls superseded, the one with the latest date is in force. A question
    that names a year, or asks about the past, keeps the order of the evidence.

    Args:
        quoted: the quotations, best first.
        question: what is answered.

    Returns:
        The quotations, and notes by passage marker: `In force from 2026-04-01`, `Earlier version of
        2025-03-01`, or `Superseded`.
    """
    ordered = list(quoted)
    notes = {
        candidate.passage.marker: "Superseded"
        for candidate in quoted
        if _OVER.search(candidate.passage.status)
    }
    by_title: dict[str, dict[int, Passage]] = {}
    for candidate in quoted:
        passage = candidate.passage
        if passage.dated is not None:
            by_title.setdefault(_undated(passage.title), {})[passage.marker] = passage
    for title, passages in by_title.items():
        current = [p.dated for p in passages.values() if p.dated and not _OVER.search(p.status)]
        if not title or not current or len({passage.dated for passage in passages.values()}) < 2:
            continue
        in_force = max(current)
        older = {marker for marker, passage in passages.items() if passage.dated != in_force}
        for marker, passage in passages.items():
            kind = "Earlier version of" if marker in older else "In force from"
            notes[marker] = f"{kind} {passage.dated}"
        if not _NAMES_TIME.search(question):
            ordered.sort(key=lambda candidate, older=older: candidate.passage.marker in older)  # type: ignore[misc]
    return ordered, notes


def _undated(title: str) -> str:
    return " ".join(_APART.sub(" ", title.lower()).split())
