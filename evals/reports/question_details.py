"""Which questions the report shows in full, and what it shows of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from app.answering.answer import Answer
from evals.gate.formatting import change_text, value_text
from evals.reports.passages import ShownPassage, passages_of
from evals.reports.questions import Question, ScoreChange
from evals.running.run import CaseResult

WORST = 30
BEST = 10
ANSWER_LENGTH = 4_000
# Characters of all texts together once they are HTML; keeps the file under 3 MB whatever was asked.
ROOM = 1_500_000


@dataclass(frozen=True)
class ShownAnswer:
    """One run's answer.

    Attributes:
        run: `baseline` or `candidate`.
        text: the answer, cut off at ANSWER_LENGTH; empty if absent.
        cut: characters that were left out.
        refused: whether it declines.
        error: why there is none.
        standalone: what a follow-up was condensed to.
        check: what the check of citations complains about.
        repeats: how often the question was asked.
    """

    run: str
    text: str
    cut: int
    refused: bool
    error: str | None
    standalone: str | None
    check: list[str]
    repeats: int


@dataclass(frozen=True)
class ShownScore:
    """A metric's values of one question, as text.

    Attributes:
        name: the metric's.
        baseline: its value.
        candidate: likewise.
        change: the difference; empty without a baseline.
        direction: `better`, `worse`, or `same`.
    """

    name: str
    baseline: str
    candidate: str
    change: str
    direction: str


@dataclass(frozen=True)
class Detail:
    """A question in full.

    Attributes:
        anchor: its id in the page.
        question: with its case.
        answers: the baseline's first.
        scores: by metric that has a value.
        passages: of both answers.
        passages_left_out: how many are not shown.
        stale: quotes of labels that the index no longer holds.
    """

    anchor: str
    question: Question
    answers: list[ShownAnswer]
    scores: list[ShownScore]
    passages: list[ShownPassage]
    passages_left_out: int
    stale: list[str]

    @property
    def size(self) -> int:
        """Characters of its texts as HTML, near enough."""
        case = self.question.case
        texts = [case.question, case.answer or "", *self.stale]
        texts += [label.quote for label in case.gold]
        texts += [part for turn in case.history for part in (turn.question, turn.answer)]
        for answer in self.answers:
            texts += [answer.text, answer.error or "", answer.standalone or "", *answer.check]
        for passage in self.passages:
            texts += [passage.place, *passage.notes, *(part.text for part in passage.segments)]
        return sum(len(escape(text)) for text in texts)


@dataclass(frozen=True)
class Details:
    """Questions in full.

    Attributes:
        title: what they have in common.
        shown: the most telling first.
        left_out: how many more there are.
    """

    title: str
    shown: list[Detail]
    left_out: int


def details_of(questions: Sequence[Question], compared: bool) -> list[Details]:
    """The worst regressions and the best gains; without a baseline the lowest scores.

    Args:
        questions: all, in the dataset's order.
        compared: whether there is a baseline.
    """
    if not compared:
        lacking = [question for question in questions if any(question.lack())]
        lacking.sort(key=lambda question: question.lack(), reverse=True)
        return [_filled("Lowest scores", lacking, WORST, ROOM)]
    worse = [question for question in questions if any(question.harm())]
    worse.sort(key=lambda question: question.harm(), reverse=True)
    better = [question for question in questions if any(question.benefit()) and not question.worse]
    better = [question for question in better if not question.newly_failed]
    better.sort(key=lambda question: question.benefit(), reverse=True)
    regressions = _filled("Worst regressions", worse, WORST, ROOM)
    room = ROOM - sum(detail.size for detail in regressions.shown)
    return [regressions, _filled("Largest gains", better, BEST, room)]


def _filled(title: str, questions: Sequence[Question], most: int, room: int) -> Details:
    """As many as there is room for."""
    shown: list[Detail] = []
    for question in questions[:most]:
        detail = _detail(question, f"{title.split()[-1]}-{len(shown) + 1}")
        room -= detail.size
        if room < 0:
            break
        shown.append(detail)
    return Details(title, shown, len(questions) - len(shown))


def _detail(question: Question, anchor: str) -> Detail:
    results = {"baseline": question.baseline, "candidate": question.candidate}
    answered = {
        run: (result, result.answer)
        for run, found in results.items()
        for result in [_answered(found)]
        if result is not None and result.answer is not None
    }
    passages, left_out = passages_of(question.case.gold, answered)
    stale = [label for found in results.values() for result in found for label in result.stale]
    return Detail(
        anchor=anchor,
        question=question,
        answers=[_answer(run, found) for run, found in results.items() if found],
        scores=list(_scores(question.changes)),
        passages=passages,
        passages_left_out=left_out,
        stale=list(dict.fromkeys(label.quote for label in stale)),
    )


def _answered(results: list[CaseResult]) -> CaseResult | None:
    return next((result for result in results if result.answer is not None), None)


def _answer(run: str, results: list[CaseResult]) -> ShownAnswer:
    result = _answered(results) or results[0]
    answer = result.answer
    text = answer.answer if answer else ""
    return ShownAnswer(
        run=run,
        text=text[:ANSWER_LENGTH],
        cut=max(0, len(text) - ANSWER_LENGTH),
        refused=bool(answer and answer.refused),
        error=(result.error or "no reason is kept") if answer is None else None,
        standalone=result.standalone_question,
        check=_complaints(answer) if answer else [],
        repeats=len(results),
    )


def _complaints(answer: Answer) -> list[str]:
    check = answer.citation_check
    found = [f"quoted, but in no passage it cites: “{q}”" for q in check.quotes_unverified]
    if check.markers_removed:
        found.append(f"markers that named no passage: {check.markers_removed}")
    if check.sentences_uncited:
        found.append(f"sentences without a citation: {check.sentences_uncited}")
    return found


def _scores(changes: Iterable[ScoreChange]) -> Iterable[ShownScore]:
    for change in changes:
        if change.baseline is None and change.candidate is None:
            continue
        gain = change.gain
        raw = None if gain is None else (change.candidate or 0.0) - (change.baseline or 0.0)
        yield ShownScore(
            name=change.metric.name,
            baseline=value_text(change.metric, change.baseline),
            candidate=value_text(change.metric, change.candidate),
            change="" if raw is None else change_text(change.metric, raw),
            direction="same" if not gain else "better" if gain > 0 else "worse",
        )
