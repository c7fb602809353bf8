"""Own metrics that look at the answer: correctness, refusals, citations, effort."""

from __future__ import annotations

import subprocess
import sys

import pytest

from app.answering.answer import CitationCheck, Usage
from evals.datasets.case import Gold
from evals.errors import JudgeError, UnknownMetric
from evals.metrics.catalogue import catalogue, metrics_named
from evals.metrics.metric import EvalContext
from evals.metrics.score import Score
from tests.evals.seen import (
    CLAIM,
    LENGTH,
    SEAL,
    answer,
    case,
    citation,
    passage,
    refusal,
    seen,
    unanswerable,
)


def score(name: str, what: EvalContext) -> Score | None:
    """The score; None where the metric does not apply."""
    [metric] = metrics_named([name], None)
    return metric.score(what) if metric.applies(what) else None


@pytest.mark.parametrize(
    ("text", "accept", "value"),
    [
        ("It lasts 24 Months.", (), 1.0),
        ("It lasts 24 [1] months [2].", (), 1.0),  # a marker is no word of the answer
        ("It lasts 124 months.", (), 0.0),
        ("It lasts two years.", ("two years", "2 years"), 1.0),
        ("It lasts long.", ("two years",), 0.0),
    ],
)
def test_an_answer_is_right_that_holds_the_decisive_words(
    text: str, accept: tuple[str, ...], value: float
) -> None:
    assert score("answer_correct", seen(case(accept=accept), answer(text))) == Score(value=value)


def test_a_refusal_is_right_where_nothing_answers_and_wrong_elsewhere() -> None:
    answerable_refused = seen(case(), refusal())
    answerable_answered = seen(case(), answer("24 months [1]"))
    nothing_refused = seen(unanswerable(), refusal())
    nothing_answered = seen(unanswerable(), answer("24 months [1]"))
    every = (answerable_refused, answerable_answered, nothing_refused, nothing_answered)

    def values(name: str) -> list[float | None]:
        found = [score(name, what) for what in every]
        return [one.value if one else None for one in found]

    assert values("answer_correct") == [0.0, 1.0, 1.0, 0.0]
    assert values("right_refusal") == [None, None, 1.0, 0.0]
    assert values("wrong_refusal") == [1.0, 0.0, None, None]
    assert values("refusal_accuracy") == [0.0, 1.0, 1.0, 0.0]


def test_a_case_without_an_answer_in_words_is_not_scored_by_words() -> None:
    found = seen(case(answer=None, gold=(), relevance={"d": 1}), answer("24 months"))
    assert score("answer_correct", found) is None


def test_citations_are_right_that_hold_gold_words_and_gold_is_found_that_is_cited() -> None:
    gold = (Gold(document="warranty.md", quote=LENGTH), Gold(document="warranty.md", quote=CLAIM))
    first = passage("a", f"{LENGTH} {SEAL}")
    other = passage("b", LENGTH, document="copy.md")
    cited = [
        citation(first, "lasts 24 months"),  # within the label
        citation(first, SEAL),  # beside it
        citation(other, marker=2),  # the same words in another document
        citation(first),  # the whole passage, the label in it
    ]
    said = answer("x", passages=[first, other], citations=cited)
    found = seen(case(gold=gold), said, [["a"], ["z"]])
    assert score("citation_precision", found) == Score(value=0.5)
    assert score("citation_recall", found) == Score(value=0.5)


def test_a_citation_that_overlaps_a_label_holds_words_of_it() -> None:
    text = f"{LENGTH} {SEAL} {CLAIM}"
    found = passage("a", text, start=100)
    gold = (Gold(document="warranty.md", quote=f"{LENGTH} {SEAL}"),)
    straddling = f"{SEAL} {CLAIM}"
    said = answer("x", passages=[found], citations=[citation(found, straddling)])
    assert score("citation_precision", seen(case(gold=gold), said, [["a"]])) == Score(value=1.0)
    beside = answer("x", passages=[found], citations=[citation(found, CLAIM)])
    assert score("citation_precision", seen(case(gold=gold), beside, [["a"]])) == Score(value=0.0)


def test_without_citations_precision_has_no_value_and_recall_is_0() -> None:
    found = seen(case(), refusal(passages=[passage("a", LENGTH)]), [["a"]])
    assert score("citation_precision", found) == Score(value=None, missing="nothing is cited")
    assert score("citation_recall", found) == Score(value=0.0)


def test_stale_labels_are_no_misses() -> None:
    gone = Gold(document="warranty.md", quote="The warranty lasts 12 months.")
    found = passage("a", LENGTH)
    said = answer("x", passages=[found], citations=[citation(found)])
    both = case(gold=(Gold(document="warranty.md", quote=LENGTH), gone))
    assert score("citation_recall", seen(both, said, [["a"]], stale=(gone,))) == Score(value=1.0)
    only = seen(case(gold=(gone,)), said, [], stale=(gone,))
    assert score("citation_recall", only) == Score(value=None, missing="all gold labels are stale")


def test_effort_is_stated_where_it_is_known() -> None:
    plain = seen(case(), answer("x", citation_check=CitationCheck(quotes_unverified=["a", "b"])))
    assert score("latency_ms", plain) == Score(value=12.5)
    assert score("quotes_unverified", plain) == Score(value=2.0)
    assert score("tokens", plain) == Score(value=None, missing="the chat model counts no tokens")
    cost = score("cost", plain)
    assert cost is not None
    assert cost.value is None
    counted = answer("x", usage=Usage(input_tokens=1000, output_tokens=20))
    assert score("tokens", seen(case(), counted)) == Score(value=1020.0)
    assert score("cost", seen(case(), counted, cost=0.25)) == Score(value=0.25)


def test_names_are_unique_and_each_is_described() -> None:
    listed = catalogue()
    names = [entry.info.name for entry in listed]
    assert len(set(names)) == len(names) == 31
    assert all(entry.info.description.endswith(".") and entry.source for entry in listed)


def test_a_metric_has_the_name_that_was_asked_for() -> None:
    made = metrics_named(["recall@5", "recall@10", "recall@5", "mrr"], None)
    assert [metric.info.name for metric in made] == ["recall@5", "recall@10", "mrr"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("faithfulnes", "did you mean faithfulness"),
        ("recall", "write a number from 1 for k, for example recall@10"),
        ("recall@0", "write a number from 1 for k"),
        ("recall@k", "write a number from 1 for k"),
        ("nonsense-here", "plumb eval metrics"),
    ],
)
def test_an_unknown_metric_is_reported_with_what_was_meant(name: str, said: str) -> None:
    with pytest.raises(UnknownMetric, match=said):
        metrics_named([name], None)


def test_a_judged_metric_without_a_judge_says_what_to_set() -> None:
    with pytest.raises(JudgeError, match=r"'faithfulness' needs a judge: set judge\.model"):
        metrics_named(["faithfulness"], None)


def test_own_metrics_do_not_import_ragas() -> None:
    own = [
        entry.info.name.replace("@k", "@5") for entry in catalogue() if "Ragas" not in entry.source
    ]
    code = (
        "import sys; from evals.metrics.catalogue import metrics_named;"
        f"made = metrics_named({own!r}, None); print(len(made), 'ragas' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=_root()
    )
    assert done.stdout.split() == [str(len(own)), "False"]


def _root() -> str:
    from tests.conftest import ROOT

    return str(ROOT)
