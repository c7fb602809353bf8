"""Stop a run that can only go on failing."""

from __future__ import annotations

from app.errors import ChatModelFailed, ChatModelResting
from evals.errors import EvalError

TOO_MANY = 8


class FailuresInARow:
    """Counts failures of one kind that no success comes between; not safe between threads."""

    def __init__(self) -> None:
        self._kind: type[Exception] | None = None
        self._count = 0
        self._first = ""

    def note(self, error: Exception | None) -> None:
        """Take note of what became of a case; None is a success.

        Raises:
            EvalError: this was one failure too many of its kind.
        """
        kind = None if error is None else _kind(error)
        if kind is None or kind is not self._kind:
            self._kind, self._count, self._first = kind, 0, str(error)
        if kind is None:
            return
        self._count += 1
        if self._count >= TOO_MANY:
            told = " ".join(self._first.split()).rstrip(".")
            raise EvalError(
                f"stopped after {self._count} failures in a row, the first: {told}. What is done is "
                "kept: mend the cause and run it again to go on."
            ) from error


def _kind(error: Exception) -> type[Exception]:
    """A model that rests does so because it failed."""
    return ChatModelFailed if isinstance(error, ChatModelResting) else type(error)
