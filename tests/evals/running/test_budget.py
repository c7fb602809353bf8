"""Spending within a limit."""

from __future__ import annotations

import pytest

from app.settings.answering import PricesSettings
from evals.errors import BudgetExceeded
from evals.running.budget import Budget, Price
from prompts.errors import SettingsError


def test_a_price_is_whole_or_none() -> None:
    price = Price.of(PricesSettings(input_per_million=2.0, output_per_million=10.0))
    assert price is not None
    assert price.cost(1_000_000, 100_000) == pytest.approx(3.0)
    assert Price.of(PricesSettings(input_per_million=2.0)) is None


def test_what_is_under_way_counts_against_the_limit() -> None:
    budget = Budget(1.0, Price(1, 1))
    budget.reserve(0.6)
    with pytest.raises(BudgetExceeded, match=r"has cost 0\.0000 and may cost 1 at most"):
        budget.reserve(0.5)
    budget.settle(0.6, 0.1)
    budget.reserve(0.9)
    budget.settle(0.9, 0.9)
    assert budget.spent == pytest.approx(1.0)
    with pytest.raises(BudgetExceeded, match="--max-cost"):
        budget.reserve(0.001)


def test_without_a_limit_it_only_counts() -> None:
    budget = Budget(None, None)
    budget.reserve(1e9)
    budget.settle(1e9, 5.0)
    assert budget.spent == 5.0


def test_a_limit_takes_a_price_to_hold_it_by() -> None:
    with pytest.raises(SettingsError, match="PLUMB_PRICES_INPUT_PER_MILLION"):
        Budget(1.0, None)
