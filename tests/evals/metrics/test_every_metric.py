"""What holds for every metric, whatever it is shown."""

from __future__ import annotations

import math
import sys

import pytest

from evals.datasets.case import Gold
from evals.errors import EvalError, JudgeError
from evals.metrics.catalogue import catalogue, metrics_named
from evals.metrics.metric import EvalContext
from evals.metrics.ragas import ragas_folder
from tests.evals.seen import LENGTH, answer, case, citation, passage, refusal, seen, unanswerable

OFFLINE = [e.info.name.replace("@k", "@5") for e in catalogue() if not e.info.judged]
FOUND = passage("a", LENGTH)
GONE = Gold(document="warranty.md", quote="no longer there")
ODD: dict[str, EvalContext] = {
    "good": seen(case(), answer(f'"{LENGTH}" [1]', passages=[FOUND], citations=[citation(FOUND)]), [["a"]]),
    "refused": seen(case(), refusal(passages=[FOUND]), [["a"]]),
    "nothing retrieved": seen(case(), refusal(), [["a"]]),
    "empty answer": seen(case(), answer("", passages=[FOUND]), [["a"]]),
    "only markers": seen(case(), answer("[1] [2]", passages=[FOUND]), [["a"]]),
    "stale": seen(case(gold=(GONE,)), answer("x", passages=[FOUND]), [], stale=(GONE,)),
    "unanswerable, refused": seen(unanswerable(), refusal(passages=[FOUND])),
    "unanswerable, answered": seen(unanswerable(), answer("x", passages=[FOUND])),
    "graded": seen(case(gold=(), answer=None, relevance={"warranty.md": 2}), answer("x", passages=[FOUND])),
    "graded as irrelevant": seen(case(gold=(), relevance={"x": 0}), answer("x", passages=[FOUND])),
    "no letters": seen(case(answer="…"), answer("?!", passages=[passage("a", "–")]), [["a"]]),
    "unheard-of letters": seen(case(answer="二十四か月"), answer("二十四か月 [1]", passages=[FOUND]), [["a"]]),
    "the same passage twice": seen(case(), answer("x", passages=[FOUND, FOUND]), [["a"]]),
}  # fmt: skip


@pytest.mark.parametrize("what", ODD.values(), ids=ODD)
def test_a_score_is_a_number_in_its_range_or_missing_with_a_reason(what: EvalContext) -> None:
    for metric in metrics_named(OFFLINE, None):
        if not metric.applies(what):
            continue
        score = metric.score(what)
        if score.value is None:
            assert score.missing, metric.info.name
            continue
        assert score.missing is None
        assert math.isfinite(score.value), metric.info.name
        if metric.info.yes_no:
            assert score.value in (0.0, 1.0), metric.info.name
        elif metric.info.unit == "share":
            assert 0 <= score.value <= 1, metric.info.name


def test_a_good_answer_is_good_by_every_share() -> None:
    for metric in metrics_named(OFFLINE, None):
        if metric.info.name in ("recall@5", "hit@5", "mrr", "ndcg@5", "citation_precision",
                                "citation_recall", "id_based_context_recall",
                                "id_based_context_precision", "non_llm_context_recall",
                                "non_llm_context_precision_with_reference", "answer_correct"):  # fmt: skip
            assert metric.score(ODD["good"]).value == 1.0, metric.info.name


def test_what_is_not_installed_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "ragas"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [NoRagas(), *sys.meta_path])
    with pytest.raises(EvalError, match=r"'rouge_score' needs ragas.*plumbline\[eval\]"):
        metrics_named(["rouge_score"], None)


def test_no_ragas_no_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.metrics.ragas.find_spec", lambda _: None)
    with pytest.raises(JudgeError, match=r"plumbline\[eval\]"):
        ragas_folder()


class NoRagas:
    """A finder that knows that Ragas is not there."""

    def find_spec(self, name: str, *_: object) -> None:
        if name.partition(".")[0] == "ragas":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
