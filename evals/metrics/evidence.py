"""What the judge is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.metrics.metric import Judged


@dataclass(frozen=True)
class Evidence:
    """A question, what was answered, and what it is judged by.

    Attributes:
        asked: the question, in words that stand alone.
        said: the answer without markers; empty for a refusal.
        embed: see `Judged.embed`.
        passages: as the chat model was given them.
        reference: the reference answer, where there is one.
        repeat: see `Judged.repeat`.
    """

    asked: str
    said: str
    embed: Callable[[list[str]], NDArray[np.floating[Any]]]
    passages: list[str] = field(default_factory=list)
    reference: str = ""
    repeat: int = 0


def evidence_of(seen: Judged) -> Evidence:
    """What the judge is shown of a case."""
    from app.answering.rendering import heading

    return Evidence(
        asked=seen.asked,
        said="" if seen.answer.refused else seen.said,
        embed=seen.embed,
        passages=[f"{heading(passage)}\n{passage.text}" for passage in seen.answer.passages],
        reference=seen.case.answer or "",
        repeat=seen.repeat,
    )
