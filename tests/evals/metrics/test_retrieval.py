from __future__ import annotations

import math
import random
from pathlib import Path

import pytest
import pytrec_eval

from evals.datasets.case import Gold
from evals.metrics.catalogue import metrics_named
from evals.metrics.metric import EvalContext
from evals.metrics.score import Score
from tests.evals.seen import answer, case, passage, seen, unanswerable

TWO = (Gold(document="d", quote="one"), Gold(document="d", quote="two"))


def score(name: str, what: EvalContext) -> Score:
    [metric] = metrics_named([name], None)
    assert metric.applies(what)
    return metric.score(what)


def labelled(ranked: str, relevant: list[list[str]]) -> EvalContext:
    passages = [passage(chunk, "text", "d") for chunk in ranked]
    gold = tuple(Gold(document="d", quote=f"q{number}") for number in range(len(relevant)))
    return seen(case(gold=gold), answer("x [1]", passages=passages), relevant)


def graded(ranked: list[str], relevance: dict[str, int]) -> EvalContext:
    """Documents in this order, by passages."""
    passages = [passage(f"c{n}", "text", document) for n, document in enumerate(ranked)]
    return seen(case(gold=(), relevance=relevance), answer("x [1]", passages=passages))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("recall@1", 0.0),
        ("recall@2", 0.5),
        ("recall@4", 1.0),
        ("hit@1", 0.0),
        ("hit@2", 1.0),
        ("mrr", 0.5),
        # Labels found at ranks 2 and 4, at best at 1 and 2.
        ("ndcg@10", (1 / math.log2(3) + 1 / math.log2(5)) / (1 + 1 / math.log2(3))),
        ("ndcg@3", (1 / math.log2(3)) / (1 + 1 / math.log2(3))),
    ],
)
def test_a_label_is_found_at_the_first_chunk_that_holds_it(name: str, value: float) -> None:
    # b and c overlap: both hold the first label.
    found = labelled("abcd", [["b", "c"], ["d", "z"]])
    assert score(name, found).value == pytest.approx(value, abs=1e-8)


def test_a_chunk_that_holds_two_labels_is_the_best_first() -> None:
    assert score("ndcg@10", labelled("ab", [["a"], ["a"]])).value == 1.0
    assert score("ndcg@10", labelled("ba", [["a"], ["a"]])).value == pytest.approx(1 / math.log2(3))


def test_a_ranking_never_beats_the_greedy_ideal() -> None:
    chance = random.Random(5)
    for _ in range(300):
        relevant = [chance.sample("abcdef", chance.randint(1, 4)) for _ in range(4)]
        ranked = "".join(chance.sample("abcdef", 6))
        value = score("ndcg@10", labelled(ranked, relevant)).value
        assert value is not None
        assert 0 <= value <= 1


def test_a_document_ranks_by_its_first_passage() -> None:
    # Documents in order: x, y, z; y is relevant (2), z too (1), w is not found.
    found = graded(["x", "x", "y", "z", "y"], {"y": 2, "z": 1, "w": 1, "x": 0})
    assert score("mrr", found).value == 0.5
    assert score("recall@2", found).value == pytest.approx(1 / 3)
    ideal = 2 + 1 / math.log2(3) + 1 / math.log2(4)
    gained = 2 / math.log2(3) + 1 / math.log2(4)
    assert score("ndcg@10", found).value == pytest.approx(gained / ideal)


def test_stale_labels_give_no_score_and_say_so() -> None:
    stale = seen(case(), answer("x [1]", passages=[passage("a", "text")]), [])
    for name in ("recall@5", "hit@5", "mrr", "ndcg@10"):
        assert score(name, stale) == Score(value=None, missing="all gold labels are stale")


def test_nothing_is_said_of_a_case_without_labels() -> None:
    nothing = seen(unanswerable(), answer("x"))
    assert not any(m.applies(nothing) for m in metrics_named(["recall@5", "mrr", "ndcg@3"], None))


def test_figures_equal_those_of_trec_eval_on_a_public_set(bench_data: Path) -> None:
    """Rankings by chance over the real judgements, so that every kind of overlap comes up."""
    qrels = _qrels(bench_data / "cranfield" / "qrels.tsv")
    documents = sorted({document for grades in qrels.values() for document in grades})
    chance = random.Random(11)
    runs: dict[str, list[str]] = {}
    for query, grades in qrels.items():
        runs[query] = list({*grades, *chance.sample(documents, 30)})
        runs[query].sort()
        chance.shuffle(runs[query])
    theirs = pytrec_eval.RelevanceEvaluator(qrels, {"recall", "success", "recip_rank", "ndcg_cut"})
    expected = theirs.evaluate(
        {q: {d: -float(rank) for rank, d in enumerate(ranked)} for q, ranked in runs.items()}
    )
    names = {
        "recall@5": "recall_5",
        "hit@5": "success_5",
        "mrr": "recip_rank",
        "ndcg@10": "ndcg_cut_10",
    }
    for ours, other in names.items():
        for query, ranked in runs.items():
            value = score(ours, graded(ranked, qrels[query])).value
            assert value == pytest.approx(expected[query][other], abs=1e-6), (ours, query)


def _qrels(file: Path) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for line in file.read_text("utf-8").splitlines()[1:]:
        query, document, grade = line.split("\t")
        found.setdefault(query, {})[document] = int(grade)
    return {query: grades for query, grades in found.items() if any(grades.values())}
