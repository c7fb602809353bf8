"""Before money is spent, somebody agrees."""

from __future__ import annotations

import pytest
import typer

from evals.commands import run
from evals.errors import BudgetExceeded
from evals.running.estimate import Estimate

FREE = Estimate("answer@v1", 5, 5)
DEAR = Estimate("answer@v2", 5, 5, read=1000, written=100, cost=0.25)
UNKNOWN = Estimate("answer@v3", 5, 5, read=1000, written=100, cost=None)


def test_what_is_free_or_agreed_to_goes_on() -> None:
    run.agree([FREE, FREE], False, capped=False)
    run.agree([FREE, DEAR, UNKNOWN], True, capped=False)


def test_where_nobody_can_be_asked_a_bound_will_do(monkeypatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    run.agree([FREE, DEAR], False, capped=True)
    with pytest.raises(BudgetExceeded, match=r"about 0\.2500 .* --max-cost"):
        run.agree([FREE, DEAR], False, capped=False)
    with pytest.raises(BudgetExceeded, match="PLUMB_PRICES_INPUT_PER_MILLION"):
        run.agree([UNKNOWN], False, capped=True)


def test_on_a_terminal_it_is_asked_for(monkeypatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)

    def confirm(text: str, **how: bool) -> None:
        asked.append(text)
        raise typer.Abort

    monkeypatch.setattr(typer, "confirm", confirm)
    with pytest.raises(typer.Abort):
        run.agree([DEAR, DEAR], False, capped=True)
    assert asked == ["It costs about 0.5000. Go on?"]
