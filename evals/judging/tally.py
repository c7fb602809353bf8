"""What judging has taken so far."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from app.answering.answer import Usage


@dataclass
class Tally:
    """Counts of judgements; safe to add to from several threads.

    Attributes:
        calls: answers that the judge gave.
        kept: judgements that were there from before, and cost nothing.
        failed: prompts that got no usable answer.
        input_tokens: read by the judge.
        output_tokens: written by it.
        uncounted: calls whose tokens the judge did not tell.
    """

    calls: int = 0
    kept: int = 0
    failed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    uncounted: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def called(self, usage: Usage | None) -> None:
        """Count a call."""
        with self._lock:
            self.calls += 1
            if usage is None:
                self.uncounted += 1
            else:
                self.input_tokens += usage.input_tokens
                self.output_tokens += usage.output_tokens

    def found(self) -> None:
        """Count a judgement that was there."""
        with self._lock:
            self.kept += 1

    def missed(self) -> None:
        """Count a prompt without a usable answer."""
        with self._lock:
            self.failed += 1

    def cost(self, per_million: tuple[float | None, float | None]) -> float | None:
        """What it came to; None where a price or a count is missing.

        Args:
            per_million: prices of a million tokens read, and written.
        """
        read, written = per_million
        if read is None or written is None or self.uncounted:
            return None
        return (self.input_tokens * read + self.output_tokens * written) / 1e6
