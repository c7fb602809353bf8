"""Of versions of one document, the one in force comes first, and the answer says which it is.

Passages are of versions of one document where their titles are the same but for years, dates and
version numbers, and both documents have a date in their metadata.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

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
# "Will" alone is no future: "Will a leak be repaired within a week?" asks for the rule of today.
_NAMES_FUTURE = re.compile(
    r"\b(?:next (?:year|month|quarter)|upcoming|in (?:the )?future|will change|going to change|after the change)\b",
    re.IGNORECASE,
)


def is_set_back(passage: Passage, passages: Sequence[Passage], question: str, today: date) -> bool:
    """Whether a passage's version is not in force on `today`, and the question asks about no other time.

    That is a superseded version, and one whose date is still to come while another version of the
    same document among `passages` holds.
    """
    if _names_another_time(question):
        return False
    if _OVER.search(passage.status):
        return True
    if not _is_to_come(passage, today):
        return False
    title = _undated(passage.title)
    return bool(title) and any(
        _undated(other.title) == title and _may_hold(other, today) for other in passages
    )


def in_force_first(
    quoted: Sequence[Candidate], question: str, today: date
) -> tuple[list[Candidate], dict[int, str]]:
    """The quotations with the version in force first, and what to say of which.

    In force is the version with the latest date that is not after `today`, of those that no status
    calls superseded. A question that names a year, or asks about the past or the future, keeps the
    order of the evidence.

    Args:
        quoted: the quotations, best first.
        question: what is answered.
        today: the day for which a version is in force or not.

    Returns:
        The quotations, and notes by passage marker: `In force from 2026-04-01`, `Earlier version of
        2025-03-01`, `Not in force until 2027-01-01`, or `Superseded`.
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
        for marker, passage in passages.items():
            if passage.says_in_force and _is_to_come(passage, today):
                notes.setdefault(marker, f"Not in force until {passage.dated}")
        current = [p.dated for p in passages.values() if p.dated and not _OVER.search(p.status)]
        if not title or not current or len({passage.dated for passage in passages.values()}) < 2:
            continue
        in_force = max((dated for dated in current if dated <= today.isoformat()), default=None)
        others = {marker for marker, passage in passages.items() if passage.dated != in_force}
        for marker, passage in passages.items():
            notes[marker] = _note(passage, in_force, today)
        if not _names_another_time(question):
            ordered.sort(key=lambda candidate, others=others: candidate.passage.marker in others)  # type: ignore[misc]
    return ordered, notes


def _note(passage: Passage, in_force: str | None, today: date) -> str:
    if passage.dated == in_force:
        return f"In force from {passage.dated}"
    if _is_to_come(passage, today):
        return f"Not in force until {passage.dated}"
    return f"Earlier version of {passage.dated}"


def _names_another_time(question: str) -> bool:
    return bool(_NAMES_TIME.search(question) or _NAMES_FUTURE.search(question))


def _is_to_come(passage: Passage, today: date) -> bool:
    # Dates of one form, `YYYY-MM-DD`, sort as text.
    return passage.dated is not None and passage.dated > today.isoformat()


def _may_hold(passage: Passage, today: date) -> bool:
    """Whether a passage's version has a date that has come, and no status calls it superseded."""
    dated = passage.dated
    return dated is not None and dated <= today.isoformat() and not _OVER.search(passage.status)


def _undated(title: str) -> str:
    return " ".join(_APART.sub(" ", title.lower()).split())
