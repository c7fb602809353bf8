"""Ragas's judged metrics, with a judge that goes by rules: values computed by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from evals.metrics.catalogue import metrics_named
from evals.metrics.judge import JudgeModel
from evals.metrics.metric import EvalContext
from evals.metrics.score import Score
from tests.evals.metrics.scripted import by_rule, data_of
from tests.evals.seen import answer, case, passage, refusal, seen, unanswerable
from tests.openai_server import Script

TRUE = "The unit lasts 24 months"
FALSE = "The moon is made of cheese"
ALSO = "Claims go to the desk"
JUDGED = (
    "faithfulness",
    "answer_relevancy",
    "context_precision",
    "context_recall",
    "factual_correctness",
    "noise_sensitivity",
)


@pytest.fixture
def score(
    openai: Script, make_judge: Callable[..., JudgeModel]
) -> Callable[[str, EvalContext], Score]:
    """Scores by the judge of rules."""
    openai.answer = by_rule
    judge = make_judge()

    def scored(name: str, what: EvalContext) -> Score:
        [metric] = metrics_named([name], judge)
        assert metric.applies(what)
        return metric.score(what)

    return scored


def answered(text: str, reference: str, passages: list[str]) -> EvalContext:
    found = [passage(f"p{n}", words) for n, words in enumerate(passages)]
    return seen(case(answer=reference), answer(text, passages=found), [["p0"]])


def test_faithfulness_is_the_share_of_statements_that_follow(score: Any) -> None:
    what = answered(f"{TRUE} [1]. {FALSE}. {ALSO} [2].", TRUE, [TRUE, ALSO])
    assert score("faithfulness", what).value == pytest.approx(2 / 3)


def test_relevancy_is_how_near_the_question_is_asked_back(score: Any, openai: Script) -> None:
    what = answered("aab", TRUE, [TRUE])
    asked, back = what.embed([what.standalone_question, "What about aab"]).astype(np.float64)
    assert score("answer_relevancy", what).value == pytest.approx(float(asked @ back), abs=1e-6)
    assert len(openai.requests) == 1


def test_context_precision_is_the_average_precision_of_the_verdicts(score: Any) -> None:
    what = answered("x [1]", TRUE, [FALSE, TRUE, f"{TRUE}, they say"])
    assert score("context_precision", what).value == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_context_recall_is_the_share_of_the_reference_that_follows(score: Any) -> None:
    what = answered("x [1]", f"{TRUE}. {ALSO}.", [FALSE, TRUE])
    assert score("context_recall", what).value == 0.5


def test_factual_correctness_is_the_f_measure_of_claims(score: Any) -> None:
    # Of the answer's three claims one is the reference's, of whose two one is the answer's:
    # tp 1, fp 2, fn 1.
    what = answered(f"{TRUE}. {FALSE}. It is blue.", f"{TRUE}. {ALSO}.", [TRUE])
    precision, recall = 1 / 3, 1 / 2
    expected = 2 * precision * recall / (precision + recall)
    assert score("factual_correctness", what).value == pytest.approx(expected, abs=0.005)


def test_noise_sensitivity_is_the_share_that_is_wrong_and_from_a_relevant_passage(
    score: Any,
) -> None:
    # Two statements; FALSE is not in the reference and stands in a passage that holds the reference.
    what = answered(f"{TRUE}. {FALSE}.", f"{TRUE}.", [f"{TRUE}. {FALSE}.", ALSO])
    assert score("noise_sensitivity", what).value == 0.5


def test_the_judge_sees_what_the_chat_model_saw_and_no_markers(score: Any, openai: Script) -> None:
    what = answered(f"{TRUE} [1].", TRUE, [TRUE])
    score("faithfulness", what)
    assert data_of(openai.requests[0])["answer"] == f"{TRUE}."
    assert data_of(openai.requests[1])["context"] == f"Warranty terms\n{TRUE}"


def test_a_follow_up_is_judged_by_the_question_that_stands_alone(
    score: Any, openai: Script
) -> None:
    what = answered(f"{TRUE} [1].", TRUE, [TRUE])
    score(
        "faithfulness",
        EvalContext(what.case, what.answer, [], what.embed, question="And the unit?"),
    )
    assert data_of(openai.requests[0])["question"] == "And the unit?"


def test_refusals_go_by_rules_and_cost_nothing(score: Any, openai: Script) -> None:
    found = refusal(passages=[passage("p0", TRUE)])
    for what in (seen(case(), found, [["p0"]]), seen(case(), answer("", passages=found.passages))):
        scores = {name: score(name, what) for name in JUDGED if not name.startswith("context_")}
        assert {name: one.value for name, one in scores.items()} == {
            "faithfulness": None,
            "answer_relevancy": 0.0,
            "factual_correctness": 0.0,
            "noise_sensitivity": None,
        }
        assert scores["faithfulness"].missing == "a refusal states nothing that could be judged"
    assert openai.requests == []


def test_a_refusal_does_not_hide_what_was_retrieved(score: Any) -> None:
    what = seen(case(answer=TRUE), refusal(passages=[passage("p0", TRUE)]), [["p0"]])
    assert score("context_recall", what).value == 1.0
    assert score("context_precision", what).value == 1.0


def test_where_nothing_was_retrieved_nobody_is_asked(score: Any, openai: Script) -> None:
    what = seen(case(), answer("24 months"), [["p0"]])
    assert score("context_recall", what).value == 0.0
    for name in ("faithfulness", "context_precision", "noise_sensitivity"):
        assert score(name, what) == Score(value=None, missing="nothing was retrieved")
    assert openai.requests == []


def test_only_faithfulness_says_something_of_a_question_without_an_answer(
    make_judge: Callable[..., JudgeModel],
) -> None:
    what = seen(unanswerable(), answer("x"))
    applying = [m.info.name for m in metrics_named(JUDGED, make_judge()) if m.applies(what)]
    assert applying == ["faithfulness"]


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("faithfulness", {"statements": []}),
        ("context_recall", {"classifications": []}),
        ("factual_correctness", {"claims": []}),
        ("noise_sensitivity", {"statements": []}),
    ],
)
def test_what_ragas_makes_nan_or_nought_of_is_missing(
    name: str, reply: dict[str, Any], openai: Script, score: Any
) -> None:
    import json

    openai.answer = None
    openai.reply = json.dumps(reply)
    what = answered(f"{TRUE} [1].", TRUE, [TRUE])
    assert score(name, what) == Score(value=None, missing="the judge found no statement to judge")


def test_a_verdict_on_fewer_statements_is_no_score(openai: Script, score: Any) -> None:
    def forgetful(request: dict[str, Any]) -> str:
        import json

        judged = json.loads(by_rule(request))
        if "statements" in data_of(request):
            judged["statements"] = judged["statements"][:1]
        return json.dumps(judged)

    openai.answer = forgetful
    found = score("faithfulness", answered(f"{TRUE}. {FALSE}.", TRUE, [TRUE]))
    assert found.value is None
    assert "1 verdicts on 2 statements" in found.missing
