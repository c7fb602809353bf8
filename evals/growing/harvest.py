"""Make candidates of stored answers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from app.answering.follow_ups import Said
from app.lineage.record import Lineage
from evals.cases.case import Case
from evals.cases.labels import resolve
from evals.growing.candidate import Candidate
from evals.growing.duplicates import Embed, Sifted, sift
from evals.growing.proposing import proposed
from evals.growing.redaction import Redactor
from ingestion.index.protocol import DocumentSet

# Exchanges of a conversation that go along with a follow-up.
MOST_SAID = 3


@dataclass(frozen=True, slots=True)
class Harvest:
    """What stored answers gave.

    Attributes:
        candidates: what a person is to decide on: corrected answers first, then those thought
            wrong, those thought right, and those that nobody judged; within each the newest first.
        looked_at: how many answers were looked at.
        without_texts: how many of these are stored without their words.
        known: how many ask what is asked already, in the dataset or the review file.
        exact, near: how many ask what another candidate asks, in the same and in other words.
    """

    candidates: list[Candidate]
    looked_at: int
    without_texts: int
    known: int
    exact: int
    near: int


def harvest(
    answers: Iterable[Lineage],
    said_before: Callable[[Lineage], Sequence[Said]],
    redactor: Redactor,
    known: Sequence[Case],
    embed: Embed,
    opened: DocumentSet,
    known_answers: Collection[str] = (),
    on_looked: Callable[[int], None] = lambda _: None,
) -> Harvest:
    """Candidates for a dataset from stored answers of one document set.

    Args:
        answers: newest first.
        said_before: what was said before an answer in its session, oldest first.
        redactor: takes out what is private.
        known: cases that are there already.
        embed: texts to unit vectors.
        opened: the index version that labels must stand in.
        known_answers: ids of stored answers that a candidate or case stands for already.
        on_looked: told how many answers were looked at so far.
    """
    found: list[Candidate] = []
    looked_at = without_texts = known_before = 0
    for answered in answers:
        looked_at += 1
        if answered.question is None or not answered.question.strip():
            without_texts += 1
        elif answered.id in known_answers:
            known_before += 1
        else:
            before = said_before(answered) if answered.standalone_question is not None else ()
            found.append(proposed(answered, before, redactor))
        on_looked(looked_at)
    found.sort(key=_rank)
    sifted: Sifted = sift(found, known, embed)
    return Harvest(
        candidates=noting_stale(sifted.kept, opened),
        looked_at=looked_at,
        without_texts=without_texts,
        known=sifted.known + known_before,
        exact=sifted.exact,
        near=sifted.near,
    )


def noting_stale(candidates: Sequence[Candidate], opened: DocumentSet) -> list[Candidate]:
    """The candidates, each with a note on every label whose words the index version lacks."""
    labels = [label for candidate in candidates for label in candidate.case.gold]
    resolved = resolve(labels, opened)
    return [
        candidate.noting(
            *(
                f"stale label of {label.document}: {resolved[label].why} in {opened.info.version}"
                for label in candidate.case.gold
                if not resolved[label].chunks
            )
        )
        for candidate in candidates
    ]


def _rank(candidate: Candidate) -> int:
    thumb, corrected = candidate.origin.thumb, candidate.case.answer is not None
    if thumb == "down":
        return 0 if corrected else 1
    return 2 if thumb == "up" else 3
