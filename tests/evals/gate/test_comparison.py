from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from evals.datasets.case import HistoryTurn
from evals.datasets.dataset_version import DatasetVersion
from evals.errors import NotComparable
from evals.gate.comparison import compare_runs
from evals.gate.console import COMPARISON_WIDTH, show_comparison
from evals.metrics.score import Judge
from tests.evals.gate.made_runs import made_run

BEFORE = {
    "correct": [1.0, 0.0, 1.0, 0.0, None],
    "recall@5": [1.0, 0.5, 0.5, 1.0, 1.0],
    "latency": [10.0, 10.0, 10.0, 10.0, 10.0],
}
AFTER = {
    "correct": [1.0, 1.0, 0.0, 1.0, 1.0],
    "recall@5": [1.0, 1.0, 0.5, 0.5, 1.0],
    "latency": [90.0, 10.0, 10.0, 10.0, 10.0],
}


def test_metrics_stand_side_by_side_with_wins_losses_and_ties() -> None:
    found = compare_runs(made_run(BEFORE), made_run(AFTER, prompt="answer@v2"))
    correct, recall, latency = found.metrics
    assert (correct.before, correct.after, correct.difference) == (0.5, 0.75, 0.25)
    assert (correct.wins, correct.losses, correct.ties) == (2, 1, 1)
    assert (correct.cases, correct.missing) == (4, 1)
    assert correct.interval is not None
    assert correct.interval[0] < 0.25 < correct.interval[1]
    assert (recall.wins, recall.losses, recall.ties) == (1, 1, 3)
    # Lower is better: 80 ms more on one question is a loss, and the difference stays positive.
    assert (latency.wins, latency.losses, latency.difference) == (0, 1, 16.0)
    assert latency.interval is not None
    assert latency.interval[0] <= 16 <= latency.interval[1]


def test_a_question_wins_where_something_got_better_and_nothing_worse() -> None:
    found = compare_runs(made_run(BEFORE), made_run(AFTER, prompt="answer@v2"))
    outcomes = {question.case: question.outcome for question in found.questions}
    assert outcomes == {
        "q0000": "tie",  # slower only, which is no property of the question
        "q0001": "win",
        "q0002": "loss",
        "q0003": "mixed",
        "q0004": "tie",  # one value is missing: nothing to compare
    }
    assert [question.case for question in found.questions] == [
        "q0002", "q0003", "q0001", "q0000", "q0004",
    ]  # fmt: skip


def test_a_follow_up_is_shown_with_what_was_asked_before() -> None:
    runs = [made_run(BEFORE), made_run(AFTER, prompt="answer@v2")]
    said = (HistoryTurn(question="How heavy may a van be?", answer="3.5 t."),)
    for number, run in enumerate(runs):
        first = run.results[0]
        follow_up = first.case.model_copy(update={"history": said})
        answer = first.answer and first.answer.model_copy(update={"answer": f"Answer {number}."})
        changed = first.model_copy(update={"case": follow_up, "answer": answer})
        runs[number] = run.model_copy(update={"results": [changed, *run.results[1:]]})
    found = compare_runs(*runs)
    asked = {question.case: question.said for question in found.questions}
    assert asked == {"q0000": ["How heavy may a van be?"]} | {f"q000{n}": [] for n in range(1, 5)}
    console = Console(width=COMPARISON_WIDTH, record=True, file=StringIO())
    show_comparison(found, console, limit=5)
    shown = console.export_text()
    assert "How heavy may a van be?" in shown
    assert "3.5 t" not in shown


def test_what_differs_beside_the_prompt_is_named() -> None:
    before, after = made_run(BEFORE), made_run(AFTER, prompt="answer@v2")
    other = after.manifest.model_copy(update={"chat_model": "openai:gpt-4.1"})
    found = compare_runs(before, after.model_copy(update={"manifest": other}))
    assert found.differs["chat_model"] == ("extractive", "openai:gpt-4.1")
    assert found.differs["prompt"] == ("answer@v1", "answer@v2")
    assert "id" not in found.differs


def test_answers_that_changed_are_distinguished_from_those_that_did_not() -> None:
    before, after = made_run(BEFORE, failed=[1]), made_run(AFTER)
    changed = {question.case: question for question in compare_runs(before, after).questions}
    assert changed["q0001"].answers == ("(failed: ModelError: no)", "Yes [1].")
    assert [case for case, question in changed.items() if question.changed] == ["q0001"]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"judge": Judge(model="m", ragas_version="1", prompts_hash="p")}, "different judges"),
        ({"dataset": DatasetVersion(name="x", hash="e" * 64, cases=5)}, "dataset 'x' was changed"),
        ({"suite_hash": "t" * 64}, "different suites"),
    ],
)
def test_what_cannot_be_compared_is_refused(more: dict[str, object], why: str) -> None:
    with pytest.raises(NotComparable, match=why):
        compare_runs(made_run(BEFORE), made_run(AFTER, **more))
