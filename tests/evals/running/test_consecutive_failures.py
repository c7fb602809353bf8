"""When a run gives up."""

from __future__ import annotations

import pytest

from app.errors import ChatModelFailed, ChatModelResting, InvalidQuestion
from evals.errors import EvalError
from evals.running.runner import MAX_FAILURES, ConsecutiveFailures


def test_failures_of_one_kind_in_a_row_end_it() -> None:
    failures = ConsecutiveFailures()
    failures.note(ChatModelFailed("the key is refused."))
    for _ in range(MAX_FAILURES - 2):
        failures.note(ChatModelResting("it rests"))
    with pytest.raises(
        EvalError, match=r"after 8 failures in a row, the first: the key is refused\. What"
    ):
        failures.note(ChatModelResting("it rests"))


def test_a_success_or_another_kind_between_them_does_not() -> None:
    failures = ConsecutiveFailures()
    for _ in range(5):
        for error in [*[ChatModelFailed("x")] * (MAX_FAILURES - 1), None]:
            failures.note(error)
        for error in [*[ChatModelFailed("x")] * (MAX_FAILURES - 1), InvalidQuestion("y")]:
            failures.note(error)
    # All that were let pass count for nothing; as many of one kind as may be are still one too few.
    for _ in range(MAX_FAILURES - 1):
        failures.note(ChatModelFailed("z"))
    with pytest.raises(EvalError, match="the first: z"):
        failures.note(ChatModelFailed("z"))
