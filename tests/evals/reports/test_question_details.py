"""The report shows the worst in full, tells how many it leaves out, and stays small."""

from __future__ import annotations

from evals.reports.question_details import BEST, ROOM, WORST, details_of
from evals.reports.questions import Question, questions_of
from evals.running.run import EvalRun
from tests.evals.reports.made_runs import BASELINE, CANDIDATE, made_run

GATING = {"recall@5", "answer_recall", "citation_precision", "refusal_accuracy"}


def _questions(cases: int) -> list[Question]:
    return questions_of(made_run(BASELINE, cases), made_run(CANDIDATE, cases), GATING)


def test_the_worst_come_first_and_the_rest_is_counted() -> None:
    questions = _questions(250)
    regressions, gains = details_of(questions, compared=True)
    harmed = [question for question in questions if any(question.harm())]
    assert len(harmed) > WORST
    assert (len(regressions.shown), regressions.left_out) == (WORST, len(harmed) - WORST)
    shown = [detail.question.harm() for detail in regressions.shown]
    assert shown == sorted((question.harm() for question in harmed), reverse=True)[:WORST]
    assert regressions.shown[0].question.newly_failed
    assert 0 < len(gains.shown) <= BEST
    assert all(not detail.question.worse for detail in gains.shown)
    anchors = [detail.anchor for group in (regressions, gains) for detail in group.shown]
    assert len(set(anchors)) == len(anchors)


def test_an_answer_that_failed_says_why_beside_the_one_that_did_not() -> None:
    first = details_of(_questions(20), compared=True)[0].shown[0]
    before, after = first.answers
    assert (before.run, after.run) == ("baseline", "candidate")
    assert before.text.startswith("“Rule 7")
    assert (after.text, after.error) == ("", "ChatModelError: the model did not answer in 60 s")
    assert [score.candidate for score in first.scores] == ["–"] * len(first.scores)


def test_texts_of_any_length_fit() -> None:
    runs = [made_run(system, 40) for system in (BASELINE, CANDIDATE)]
    long = [_with_long_questions(run, "<&\"'" * 30_000) for run in runs]
    groups = details_of(questions_of(*long, GATING), compared=True)
    sizes = [detail.size for group in groups for detail in group.shown]
    assert 0 < sum(sizes) <= ROOM
    ordinary = details_of(questions_of(*runs, GATING), compared=True)
    for found, usual in zip(groups, ordinary, strict=True):
        assert len(found.shown) + found.left_out == len(usual.shown) + usual.left_out
    assert groups[0].left_out > 0


def test_a_run_alone_shows_its_lowest_scores() -> None:
    run = made_run(CANDIDATE, 40)
    [lowest] = details_of(questions_of(None, run, set()), compared=False)
    lacks = [detail.question.lack() for detail in lowest.shown]
    assert lacks == sorted(lacks, reverse=True)
    assert all(any(lack) for lack in lacks)
    assert [answer.run for answer in lowest.shown[1].answers] == ["candidate"]


def _with_long_questions(run: EvalRun, text: str) -> EvalRun:
    results = [
        result.model_copy(update={"case": result.case.model_copy(update={"question": text})})
        for result in run.results
    ]
    return run.model_copy(update={"results": results})
