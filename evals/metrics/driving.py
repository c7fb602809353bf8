"""Ragas's formulas are coroutines that wait for nothing; run them without an event loop."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def finished(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never has to wait.

    An event loop for each of thousands of formulas would cost more than the formulas.

    Raises:
        RuntimeError: it waits for something after all.
    """
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    coroutine.close()
    raise RuntimeError(f"{coroutine!r} waits for an event loop")
