"""What a history of releases says: which release is in production, and which came before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.releases.history import Event


@dataclass(slots=True)
class ReleaseState:
    """The sum of all events.

    Attributes:
        trail: releases that were in production, oldest first, the current one last; a release that
            was rolled back is no longer among them.
        canary: the release that gets a share of the traffic; None if absent.
        share: per cent of the traffic that it gets.
        moving: the event that began a promotion or rollback which has not ended; None if none has.
        created: all releases, oldest first.
        ended: releases that were rolled back or withdrawn last.
        retired: releases whose index versions are no longer held.
        last_move: the last event that is not about making or retiring releases.
    """

    trail: list[str] = field(default_factory=list)
    canary: str | None = None
    share: int = 0
    moving: Event | None = None
    created: list[str] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)
    retired: set[str] = field(default_factory=set)
    last_move: Event | None = None

    @property
    def production(self) -> str | None:
        """The release in production; None before the first promotion."""
        return self.trail[-1] if self.trail else None

    @property
    def serving(self) -> set[str]:
        """Releases that answer users now, or may, as long as a move has not ended."""
        found = {self.production, self.canary}
        if self.moving is not None:
            found |= {self.moving.release, self.moving.target}
        return {one for one in found if one is not None}

    def before(self, release: str) -> str | None:
        """What serves instead of a release that is taken away: the one in production, or before it."""
        if release != self.production:
            return self.production
        return self.trail[-2] if len(self.trail) > 1 else None


def state_of(events: Iterable[Event]) -> ReleaseState:
    """The state that events lead to, in order."""
    state = ReleaseState()
    for event in events:
        _apply(event, state)
    return state


def _apply(event: Event, state: ReleaseState) -> None:
    release = event.release
    match event.action:
        case "created":
            state.created.append(release)
            return
        case "retired":
            state.retired.add(release)
            return
        case "canary":
            state.canary, state.share = release, event.share or 0
            state.ended.discard(release)
        case "promoting" | "rolling back":
            state.moving = event
            state.ended.discard(release)
        case "promoted":
            state.trail = [one for one in state.trail if one != release] + [release]
            state.canary, state.share, state.moving = None, 0, None
            state.retired.discard(release)
        case "rolled back" | "withdrawn":
            state.trail = [one for one in state.trail if one != release]
            state.canary, state.share, state.moving = None, 0, None
            state.ended.add(release)
            if event.target is not None and event.target in state.trail:
                state.trail = state.trail[: state.trail.index(event.target) + 1]
    state.last_move = event
