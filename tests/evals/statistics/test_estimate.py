from __future__ import annotations

from evals.statistics.bootstrap import Bootstrapped
from evals.statistics.estimate import estimate_difference
from evals.statistics.few_changes import FewChanges
from evals.statistics.paired_shares import PairedShares
from evals.statistics.resamples import Resamples

RESAMPLES = Resamples(200, seed=1)


def chosen(values, clusters, widest=1.0):
    return type(estimate_difference(values, clusters, widest=widest, resamples=RESAMPLES))


def names(count: int, per: int = 1) -> list[str]:
    return [f"d{number // per}" for number in range(count)]


def test_independent_yes_no_answers_are_paired_shares() -> None:
    assert chosen([-1, 0, 1, 0], names(4)) is PairedShares


def test_yes_no_answers_about_shared_documents_are_resampled() -> None:
    assert chosen([-1, 0, 1, 0, 0, 0, 0] * 11, names(77, per=4)) is Bootstrapped


def test_few_changes_are_not_resampled() -> None:
    assert chosen([-0.5] * 7 + [0.0] * 193, names(200)) is FewChanges
    assert chosen([-0.5] * 8 + [0.0] * 192, names(200)) is Bootstrapped
    assert chosen([-0.5] * 40 + [0.0] * 160, names(200, per=10)) is FewChanges


def test_tokens_are_no_yes_no_answers() -> None:
    assert chosen([0.0] * 30, names(30), widest=500.0) is FewChanges


def test_one_document_is_not_enough() -> None:
    assert chosen([0.1, 0.2], ["a", "a"]) is type(None)
