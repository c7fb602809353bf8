"""What walks have come to: what was asked how often, and what leaked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class WalkCounts:
    """The counts of some walks.

    Attributes:
        walks: how many there were.
        responses: responses that were searched for hidden words.
        tried: how often each action was tried.
        took_place: how often each action was answered with something, and not with an error.
        statuses: responses by method, resource and status.
        held: responses that held words of documents that the caller may see: the search does find.
        leaks: what leaked to whom, in sentences.
    """

    walks: int = 0
    responses: int = 0
    tried: Counter[str] = field(default_factory=Counter)
    took_place: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    held: int = 0
    leaks: list[str] = field(default_factory=list)

    @property
    def failures(self) -> int:
        """Responses with a status from 500 on."""
        return sum(count for what, count in self.statuses.items() if int(what[-3:]) >= 500)
