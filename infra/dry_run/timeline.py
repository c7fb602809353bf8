"""What happened and when, printed as it happens."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Attributes:
        at: seconds since the start.
        text: what, in one line.
        mark: a short name for pictures; empty for what is not drawn.
    """

    at: float
    text: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Expectation:
    """Something that had to hold.

    Attributes:
        name: what.
        holds: whether it did.
        found: what was found, in words.
    """

    name: str
    holds: bool
    found: str


@dataclass(slots=True)
class Timeline:
    """Events, expectations, and the shares of traffic that were set."""

    console: Console
    began: float = field(default_factory=time.monotonic)
    events: list[Event] = field(default_factory=list)
    expectations: list[Expectation] = field(default_factory=list)
    shares: list[tuple[float, dict[str, int]]] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)

    def now(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.began

    def act(self, title: str) -> None:
        """A new act begins."""
        self.console.print(f"\n[bold]{escape(title)}[/]", highlight=False)

    def tell(self, text: str, mark: str = "") -> float:
        """Print and keep an event; its time."""
        at = self.now()
        self.events.append(Event(at, text, mark))
        self.console.print(f"{at:7.1f} s  {escape(text)}", highlight=False, soft_wrap=True)
        return at

    def expect(self, name: str, holds: bool, found: str) -> bool:
        """Keep whether something that had to hold did, and print it."""
        self.expectations.append(Expectation(name, holds, found))
        sign = "[green]✓[/]" if holds else "[red]✗[/]"
        self.console.print(
            f"           {sign} {escape(name)}: {escape(found)}", highlight=False, soft_wrap=True
        )
        return holds

    def share(self, weights: dict[str, int]) -> None:
        """Keep what share of the traffic each release was given."""
        self.shares.append((self.now(), dict(weights)))
