"""What tests ask the judge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from evals.metrics.judge import JudgeModel, JudgeUsage
from tests.evals.seen import answer, case, passage, seen


class Verdict(BaseModel):
    """What the judge is asked for."""

    reason: str
    verdict: int


YES = '{"reason": "so", "verdict": 1}'
Make = Callable[..., JudgeModel]


def ask(judge: JudgeModel, prompt: str = "Is it?", repeat: int = 0) -> int:
    return judge.ask(prompt, Verdict, repeat, JudgeUsage()).verdict


def what() -> Any:
    return seen(case(), answer("It lasts. [1]", passages=[passage("p", "It lasts")]), [["p"]])
