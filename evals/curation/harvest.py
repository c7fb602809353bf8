"""Turn stored answers, and what people thought of them, into candidates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from app.answering.answer import Citation
from app.answering.citations import MARKERS
from app.answering.follow_ups import EarlierTurn
from app.lineage.record import Feedback, Lineage
from evals.curation.candidate import Candidate, Origin
from evals.curation.duplicates import Deduplicated, Embed, deduplicate
from evals.curation.redaction import Redactor
from evals.datasets.case import Case, Gold, HistoryTurn
from evals.datasets.labels import resolve_labels
from ingestion.index.protocol import DocumentSet

# A label cut short by a redaction still says something from this many words on.
MIN_LABEL_WORDS = 4


def candidate_from_answer(
    answered: Lineage, before: Sequence[EarlierTurn], redactor: Redactor
) -> Candidate:
    """The candidate for an answer whose question is stored. Nothing in it is left unredacted.

    Args:
        answered: the answer with what was thought of it.
        before: what was said before it, oldest first.
        redactor: takes out what is private.
    """
    return _Proposal(answered, before, redactor).candidate()


class _Proposal:
    def __init__(
        self, answered: Lineage, before: Sequence[EarlierTurn], redactor: Redactor
    ) -> None:
        self._answered = answered
        self._before = before
        self._redactor = redactor
        self._found: Counter[str] = Counter()
        self._notes: list[str] = []

    def candidate(self) -> Candidate:
        answered, judged = self._answered, deciding_feedback(self._answered.feedback)
        question, history = self._question()
        answer, answerable = self._reference(judged)
        case = Case(
            id=answered.id,
            question=question,
            answer=answer,
            gold=self._gold() if answerable and not answered.refused else (),
            answerable=answerable,
            history=history,
            filters=self._clean(answered.filters),
            tags=self._tags(judged),
        )
        if answered.groups is not None:
            self._notes.append(
                "asked by somebody who does not see all documents; an evaluation sees all"
            )
        if answered.degraded:
            self._notes.append("the chat model was away; another way of answering stood in")
        reason = self._clean(judged.reason) if judged and judged.reason else None
        return Candidate(
            case=case,
            notes=(*self._notes, *self._redactions()),
            origin=Origin(
                kind="answer",
                document_set=answered.document_set,
                index_version=answered.index_version,
                answer_id=answered.id,
                at=answered.at,
                prompt=answered.prompt_version,
                thumb=judged.thumb if judged else None,
                reason=reason,
                refused=answered.refused,
                cache=answered.cache,
            ),
        )

    def _question(self) -> tuple[str, tuple[HistoryTurn, ...]]:
        """The question; a follow-up with what was said before, or else as it was searched for."""
        question, standalone = self._answered.question or "", self._answered.standalone_question
        if standalone is None:
            return self._clean(question), ()
        if not self._before:
            self._notes.append(
                "a follow-up whose conversation is not stored; the question is what was searched for"
            )
            return self._clean(standalone), ()
        turns = [
            HistoryTurn(
                question=self._clean(turns.question),
                answer=self._clean(without_markers(turns.answer)),
            )
            for turns in self._before
        ]
        return self._clean(question), tuple(turns)

    def _reference(self, judged: Feedback | None) -> tuple[str | None, bool]:
        """The reference answer, and whether the documents answer the question."""
        answered = self._answered
        if judged and judged.corrected_answer:
            if answered.refused:
                self._notes.append("it was refused: add `gold`, the words that answer it")
            elif judged.thumb == "down":
                self._notes.append(
                    "the answer was wrong: see whether `gold` backs the corrected one"
                )
            return self._clean(judged.corrected_answer), True
        if judged and judged.thumb == "down":
            if answered.refused:
                self._notes.append(
                    "the refusal was thought wrong: write `answer` and `gold`, or set `answerable` "
                    "to false if the documents do not answer it"
                )
            else:
                self._notes.append(
                    "the answer was thought wrong: write the right `answer`, and see whether `gold` "
                    "backs it"
                )
            return None, True
        if judged is None:
            self._notes.append("nobody has judged this answer: see whether it is right")
        if answered.refused:
            self._notes.append("see that no document answers it")
            return None, False
        return self._clean(
            without_markers(answered.answer.answer if answered.answer else "")
        ) or None, True

    def _gold(self) -> tuple[Gold, ...]:
        """Labels from the citations whose quotation was verified."""
        citations = self._answered.answer.citations if self._answered.answer else []
        quoted = [citation for citation in citations if citation.quoted]
        if not quoted:
            self._notes.append("the answer quotes nothing: add `gold`, the words that answer it")
        labels = [self._label(citation) for citation in quoted]
        return tuple(dict.fromkeys(label for label in labels if label is not None))

    def _label(self, citation: Citation) -> Gold | None:
        """The label, shortened to what is not private; a redacted quotation stands in no document."""
        if self._redactor.findings(citation.document):
            self._notes.append("a label was left out: the document's id holds something private")
            return None
        findings = self._redactor.findings(citation.text)
        if not findings:
            return Gold(document=citation.document, quote=citation.text)
        starts = [0, *(finding.end for finding in findings)]
        ends = [*(finding.start for finding in findings), len(citation.text)]
        pieces = [citation.text[start:end] for start, end in zip(starts, ends, strict=True)]
        longest = max(pieces, key=lambda piece: len(piece.split())).strip()
        self._found.update(finding.kind for finding in findings)
        if len(longest.split()) < MIN_LABEL_WORDS:
            self._notes.append(
                f"a label of {citation.document} was left out: it holds something private"
            )
            return None
        self._notes.append(
            f"a label of {citation.document} was cut short: it held something private"
        )
        return Gold(document=citation.document, quote=longest)

    def _tags(self, judged: Feedback | None) -> tuple[str, ...]:
        tags = ["harvested"]
        if judged:
            tags.append(f"thumb-{judged.thumb}")
        if self._answered.standalone_question is not None and self._before:
            tags.append("follow-up")
        return tuple(tags)

    def _clean(self, value: Any) -> Any:
        return self._redactor.redact_within(value, self._found)

    def _redactions(self) -> list[str]:
        if not self._found:
            return []
        counts = ", ".join(f"{number} × {kind}" for kind, number in sorted(self._found.items()))
        return [f"redacted: {counts}"]


def deciding_feedback(feedback: Sequence[Feedback]) -> Feedback | None:
    """Of several people's, the latest that corrects the answer; else the latest."""
    correcting = [one for one in feedback if one.corrected_answer]
    chosen = correcting or list(feedback)
    return chosen[-1] if chosen else None


def without_markers(answer: str) -> str:
    """An answer's text without the numbers of its passages."""
    return re.sub(r"\s+([.,;:!?])", r"\1", MARKERS.sub("", answer)).strip()


# Exchanges of a conversation that go along with a follow-up.
MAX_HISTORY_TURNS = 3


@dataclass(frozen=True, slots=True)
class Harvest:
    """What stored answers gave.

    Attributes:
        candidates: what a person is to decide on: corrected answers first, then those thought
            wrong, those thought right, and those that nobody judged; within each the newest first.
        looked_at: how many answers were looked at.
        without_texts: how many of these are stored without their words.
        known: how many repeat a question of the dataset or the review file.
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
    earlier_turns: Callable[[Lineage], Sequence[EarlierTurn]],
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
        earlier_turns: what was said before an answer in its session, oldest first.
        redactor: takes out what is private.
        known: cases that exist already.
        embed: texts to unit vectors.
        opened: the index version that labels must stand in.
        known_answers: ids of stored answers that a candidate or case stands for already.
        on_looked: called with the number of answers read so far.
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
            before = earlier_turns(answered) if answered.standalone_question is not None else ()
            found.append(candidate_from_answer(answered, before, redactor))
        on_looked(looked_at)
    found.sort(key=_rank)
    sifted: Deduplicated = deduplicate(found, known, embed)
    return Harvest(
        candidates=note_stale_labels(sifted.kept, opened),
        looked_at=looked_at,
        without_texts=without_texts,
        known=sifted.known + known_before,
        exact=sifted.exact,
        near=sifted.near,
    )


def note_stale_labels(candidates: Sequence[Candidate], opened: DocumentSet) -> list[Candidate]:
    """The candidates, each with a note on every label whose words the index version lacks."""
    labels = [label for candidate in candidates for label in candidate.case.gold]
    resolved = resolve_labels(labels, opened)
    return [
        candidate.with_notes(
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
