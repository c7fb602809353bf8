"""Have it agreed to that money is spent."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from evals.errors import BudgetExceeded


def agree(costs: Sequence[float | None], *, yes: bool, capped: bool) -> None:
    """Ask before paying; where there is nobody to ask, a bound will do.

    Args:
        costs: about what each run costs; None where that cannot be told.
        yes: it is agreed to already.
        capped: whether a bound holds the runs.

    Raises:
        BudgetExceeded: it costs something, there is nobody to ask, and no bound.
    """
    unknown, total = None in costs, sum(cost or 0.0 for cost in costs)
    if yes or not (unknown or total):
        return
    if sys.stdin.isatty():
        told = (
            "It costs something that cannot be told" if unknown else f"It costs about {total:.4f}"
        )
        typer.confirm(f"{told}. Go on?", abort=True, err=True)
    elif not capped:
        raise BudgetExceeded(
            "running costs money and there is nobody to ask; agree with --yes, or set a bound with "
            "evals.max_cost or the suite's max_cost."
        )
