"""A metric's description, and its value for one case."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Score(BaseModel):
    """One metric's value for one case.

    Attributes:
        value: the value; None if absent, which is counted and never averaged.
        missing: why there is none.
        cost: what judging it cost now, in the currency of the judge's prices; None if nobody was
            asked, no price is set, or the judge counts no tokens.
        passing: whether what it is missing for may pass, so that the next run tries it again.
    """

    model_config = ConfigDict(frozen=True)

    value: float | None
    missing: str | None = None
    cost: float | None = None
    passing: bool = False


class MetricInfo(BaseModel):
    """What a metric is.

    Attributes:
        name: as suites write it, for example `recall@5`.
        description: what a value says, in a sentence.
        better: which way is better.
        yes_no: whether each value is 0 or 1.
        judged: whether a chat model judges.
        unit: `share` (0 to 1), `ms`, `tokens`, `cost`, …
    """

    model_config = ConfigDict(frozen=True)

    name: str
    description: str
    better: Literal["higher", "lower"] = "higher"
    yes_no: bool = False
    judged: bool = False
    unit: str = "share"


class Judge(BaseModel):
    """Who judged; two runs under different judges are never compared.

    Attributes:
        model: the chat model, as provider:model.
        parameters: it was called with.
        ragas_version: whose prompts it was given.
        prompts_hash: SHA-256 (hex) of those prompts.
    """

    model_config = ConfigDict(frozen=True)

    model: str
    parameters: dict[str, str | int | float | bool | None] = Field(default_factory=dict)
    ragas_version: str
    prompts_hash: str
