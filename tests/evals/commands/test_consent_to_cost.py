"""Before money is spent, somebody agrees."""

from __future__ import annotations

import pytest
import typer

from evals.commands.new_runs import agree
from evals.errors import BudgetExceeded
from evals.running.budget import CostEstimate

FREE = CostEstimate("answer@v1", 5, 5)
DEAR = CostEstimate("answer@v2", 5, 5, read=1000, written=100, cost=0.25)
UNKNOWN = CostEstimate("answer@v3", 5, 5, read=1000, written=100, cost=None)


@pytest.mark.parametrize(
    ("estimates", "yes", "asks"),
    [
        ([FREE, FREE], False, 0),
        ([FREE, DEAR, UNKNOWN], True, 0),
        ([FREE, DEAR], False, 1),
        ([UNKNOWN], False, 1),
    ],
)
def test_only_what_costs_and_was_not_agreed_to_is_asked_for(
    monkeypatch, estimates, yes, asks
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(typer, "confirm", lambda text, **how: asked.append(text))
    agree(estimates, yes, capped=False)
    assert len(asked) == asks


def test_where_nobody_can_be_asked_a_bound_will_do(monkeypatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    agree([FREE, DEAR], False, capped=True)
    with pytest.raises(BudgetExceeded, match=r"about 0\.2500 .* --max-cost"):
        agree([FREE, DEAR], False, capped=False)
    with pytest.raises(BudgetExceeded, match="PLUMB_PRICES_INPUT_PER_MILLION"):
        agree([UNKNOWN], False, capped=True)


def test_on_a_terminal_it_is_asked_for(monkeypatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)

    def confirm(text: str, **how: bool) -> None:
        asked.append(text)
        raise typer.Abort

    monkeypatch.setattr(typer, "confirm", confirm)
    with pytest.raises(typer.Abort):
        agree([DEAR, DEAR], False, capped=True)
    assert asked == ["It costs about 0.5000. Go on?"]
