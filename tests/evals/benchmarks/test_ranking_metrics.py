"""Our metrics of rankings beside ranx's, on rankings that are made up."""

from __future__ import annotations

import random

import pytest

from evals.benchmarks.ranking_metrics import NAMES, ours, theirs


@pytest.fixture(scope="module")
def made() -> tuple[list[list[str]], list[dict[str, float]]]:
    """Rankings of up to 30 documents, with graded relevance, some of it not found."""
    chance = random.Random(8)
    ids = [f"d{number:02d}" for number in range(40)]
    rankings = [chance.sample(ids, chance.randint(1, 30)) for _ in range(60)]
    relevant = [
        {item: float(chance.randint(1, 4)) for item in chance.sample(ids, chance.randint(1, 15))}
        for _ in range(60)
    ]
    return rankings, relevant


def test_every_figure_is_the_same(made) -> None:
    rankings, relevant = made
    reference = theirs(rankings, relevant)
    for ranked, grades, expected in zip(rankings, relevant, reference, strict=True):
        assert ours(ranked, grades) == pytest.approx(expected, abs=1e-6)


def test_the_figures_are_not_all_alike(made) -> None:
    rankings, relevant = made
    reference = theirs(rankings, relevant)
    for name in NAMES:
        assert len({round(row[name], 6) for row in reference}) > 5 or name == "recall@1"
    turned = [ours(ranked[::-1], grades) for ranked, grades in zip(rankings, relevant, strict=True)]
    assert any(
        abs(a["ndcg@10"] - b["ndcg@10"]) > 0.1 for a, b in zip(turned, reference, strict=True)
    )


def test_by_hand() -> None:
    found = ours(["x", "a", "y", "b"], {"a": 1.0, "b": 1.0, "c": 1.0})
    assert found["mrr"] == 0.5
    assert found["recall@1"] == 0.0
    assert found["recall@5"] == pytest.approx(2 / 3)
    # (1/log2(3) + 1/log2(5)) / (1 + 1/log2(3) + 1/log2(4))
    assert found["ndcg@10"] == pytest.approx((0.6309298 + 0.4306766) / 2.1309298, abs=1e-6)
