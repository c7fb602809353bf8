"""Read the stored answers of a window of time, as observations to compare."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import numpy as np

from app.answering.answer import Answer
from app.lineage.record import AnswerRecord
from app.lineage.stored_answers import StoredKey, Wanted, answers_by_id, stored_keys
from app.store.database import Database
from evals.errors import DriftError


@dataclass(frozen=True, slots=True)
class Observation:
    """What is compared of one answer.

    Attributes:
        record: the stored answer.
        cluster: its conversation, or itself where it belongs to none.
        question: what was searched for; None where words are not stored.
        similarity: the highest cosine similarity of a retrieved passage to the question; None if no
            passage was found by its vector.
        refused: whether it declines to answer.
        length: characters of the answer; None for a refusal, and where words are not stored.
        citations: how many citations it has; None for a refusal.
    """

    record: AnswerRecord
    cluster: str
    question: str | None
    similarity: float | None
    refused: bool
    length: int | None
    citations: int | None


@dataclass(frozen=True, slots=True)
class Window:
    """The answers of a window.

    Attributes:
        since, until: from this time on, and before that one (UTC).
        stored: how many answers are stored of it.
        distinct: how many are left if what one caller asks again in the same words counts once.
        observations: those that are compared, oldest first.
    """

    since: datetime
    until: datetime
    stored: int
    distinct: int
    observations: list[Observation]

    @property
    def conversations(self) -> int:
        """How many conversations, or single questions, are compared."""
        return len({one.cluster for one in self.observations})


def read_window(
    database: Database,
    document_set: str,
    since: datetime,
    until: datetime,
    *,
    minimum: int,
    most: int,
    name: str,
    on_progress: Callable[[int, int], None] = lambda read, of: None,
) -> Window:
    """The answers of a set in a window; of many, whole conversations drawn at random.

    What one caller asks again in the same words counts once: a probe that asks one question every
    minute would hide everything else.

    Args:
        minimum: how many answers it must hold.
        most: how many are read at most; the last conversation may go over it.
        name: what to call the window in an error.
        on_progress: called with how many answers are read, of how many.

    Raises:
        DriftError: it holds fewer than `minimum` answers.
        StoreUnavailable: the database cannot be read.
    """
    keys = stored_keys(database, Wanted(document_set=document_set, since=since, until=until))
    distinct = {(key.owner, key.question_hash): key for key in reversed(keys)}
    if len(distinct) < minimum:
        raise DriftError(
            f"the {name} window of {document_set!r}, {since:%Y-%m-%d %H:%M} to "
            f"{until:%Y-%m-%d %H:%M} UTC, holds {len(distinct)} different answers, and drift.minimum "
            f"is {minimum}; name a longer window, or wait for more answers "
            f"(answers are kept for store.keep_days)."
        )
    chosen = _drawn(list(distinct.values()), most)
    observations: list[Observation] = []
    for record in answers_by_id(database, chosen):
        observations.append(observed(record))
        on_progress(len(observations), len(chosen))
    observations.sort(key=lambda one: (one.record.at, one.record.id))
    return Window(since, until, len(keys), len(distinct), observations)


def pieces(window: Window, like: Window, at_most: int) -> Iterator[tuple[Window, Window]]:
    """Earlier periods of a window, each as long as `like`, with the rest of the window beside it.

    The latest first.
    """
    length = like.until - like.since
    until = window.until
    for _ in range(at_most):
        since = until - length
        if since < window.since:
            return
        inside = [one for one in window.observations if since <= one.record.at < until]
        rest = [one for one in window.observations if not since <= one.record.at < until]
        yield (
            Window(since, until, len(inside), len(inside), inside),
            Window(window.since, window.until, len(rest), len(rest), rest),
        )
        until = since


def _drawn(keys: Sequence[StoredKey], most: int) -> list[str]:
    """The ids of whole conversations, drawn at random until there are `most` answers."""
    if len(keys) <= most:
        return [key.id for key in keys]
    ordered = sorted(keys, key=_cluster)
    clusters = [[key.id for key in group] for _, group in groupby(ordered, key=_cluster)]
    found: list[str] = []
    for place in np.random.default_rng(len(keys)).permutation(len(clusters)):
        if len(found) >= most:
            break
        found += clusters[place]
    return found


def _cluster(key: StoredKey) -> str:
    return key.id if key.session_id is None else f"{key.owner}\0{key.session_id}"


def observed(record: AnswerRecord) -> Observation:
    """What is compared of a stored answer."""
    answer: Answer | None = record.answer
    given = answer if answer is not None and not record.refused else None
    similar = [
        passage.scores.dense
        for passage in (answer.passages if answer is not None else ())
        if passage.scores.dense is not None
    ]
    return Observation(
        record=record,
        cluster=_cluster(
            StoredKey(record.id, record.owner, record.session_id, record.question_hash)
        ),
        question=record.standalone_question or record.question,
        similarity=max(similar, default=None),
        refused=record.refused,
        length=len(given.answer) if given is not None and given.answer else None,
        citations=len(given.citations) if given is not None else None,
    )
