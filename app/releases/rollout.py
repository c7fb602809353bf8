"""Move a release to users and back: canary, promotion, rollback.

A move writes down that it begins, moves the parts, and writes down that it ended. Each part is safe
to repeat, so a command that was killed is run again and finishes the same move. Traffic moves
first: revisions are pinned to their releases, so users see one whole release at every moment.
Index versions and aliases follow, for everything that is not pinned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.errors import ReleaseRefused
from app.releases.history import NO_REMARK, Event, ReleaseHistory, Remark
from app.releases.release import Release
from app.releases.released_parts import Parts
from app.releases.state import ReleaseState, state_of
from ingestion.index.records import Records
from ingestion.versions import holds

# How often a rollback looks for parts that something else moved meanwhile.
MOST_PASSES = 5
# Raises where a release lacks the evidence that lets it reach users.
CheckEvidence = Callable[[Release], None]


@dataclass(frozen=True, slots=True)
class Moved:
    """How a command ended.

    Attributes:
        production: the release in production now; None if absent.
        sentence: what was done, for people.
        changed: whether anything was moved.
    """

    production: str | None
    sentence: str
    changed: bool = True


class Rollout:
    """Moves releases. Several processes may try at once: the last move that began wins."""

    def __init__(self, history: ReleaseHistory, parts: Parts, keep: int) -> None:
        self._history = history
        self._parts = parts
        self._keep = keep

    def state(self) -> ReleaseState:
        """What the history says now."""
        return state_of(self._history.events())

    def check(self, release: Release) -> None:
        """Raise `ReleaseRefused` if a part that the release needs is gone or differs."""
        self._parts.check(release)

    def canary(
        self, release: Release, share: int, evidence: CheckEvidence, remark: Remark = NO_REMARK
    ) -> Moved:
        """Give a release a share of the traffic, beside the one in production.

        Args:
            share: per cent, 1 to 99.

        Raises:
            ReleaseRefused: there is nothing to share with, or something else is being moved.
            What `evidence` raises.
            TrafficNotMoved: the command failed; run it again, or roll the canary back.
        """
        if not self._parts.traffic.is_moved:
            raise ReleaseRefused(
                "a canary needs a command that moves traffic; set releases.traffic "
                "(PLUMB_RELEASES_TRAFFIC)."
            )
        state = self.state()
        self._check_nothing_moves(state, release)
        production = state.production
        if production is None or production == release.id:
            what = "is in production itself" if production else "would be the first release"
            raise ReleaseRefused(
                f"{release.id} {what}, so there is no other to share the traffic with; use "
                f"`plumb release promote {release.id}`."
            )
        _check_canary(state, release)
        evidence(release)
        self._parts.check(release)
        self._hold(release, in_use=True)
        # First the record: a rollback must know of a canary whose traffic was moved and then died.
        self._history.append(
            "canary",
            release,
            remark,
            share=share,
            still=lambda events: self._check_nothing_moves(state_of(events), release),
        )
        self._parts.on_part("begin", 0.0)
        self._parts.share({release.id: share, production: 100 - share})
        return Moved(production, f"{release.id} has {share} % of the traffic.")

    def promote(
        self, release: Release, evidence: CheckEvidence, remark: Remark = NO_REMARK
    ) -> Moved:
        """Put a release into production, all parts together.

        Raises:
            ReleaseRefused: a part cannot move, or another move has begun and not ended.
            What `evidence` raises.
            TrafficNotMoved: the command failed.
        """
        state = self.state()
        self._check_nothing_moves(state, release)
        _check_canary(state, release)
        resumes = state.moving is not None
        if state.production == release.id and not resumes and self._parts.is_moved(release):
            return Moved(release.id, f"{release.id} is in production already.", changed=False)
        evidence(release)
        self._parts.check(release)
        self._hold(release, in_use=True)
        if not resumes:
            self._begin("promoting", release, remark)
        former = [one for one in state.serving if one != release.id]
        self._parts.on_part("begin", 0.0)
        self._parts.share({release.id: 100, **dict.fromkeys(former, 0)})
        why = f"release {release.id}"
        self._check_not_superseded(release)
        self._parts.publish(release, back=False, why=why)
        self._check_not_superseded(release)
        self._parts.move_aliases(release, by=remark.by, why=why)
        self._history.append(
            "promoted",
            release,
            remark,
            override=release.override is not None,
            still=lambda events: _check_mine(events, release),
        )
        self._parts.on_part("end", 0.0)
        self._mark_in_use()
        self._retire_old()
        return Moved(release.id, f"{release.id} is in production.")

    def rollback(
        self, release_id: str | None = None, to: str | None = None, remark: Remark = NO_REMARK
    ) -> Moved:
        """Take a release away from users: the release that was in production before serves instead.

        Run again after it ended, it does nothing; run again after it was killed, it finishes.

        Args:
            release_id: the release to take away; default: the one that is being moved, else the
                canary, else the one in production.
            to: go back to this release instead, which was in production once.

        Raises:
            ReleaseRefused: there is nothing to go back to, or a part of it is gone.
            TrafficNotMoved: the command failed.
        """
        state = self.state()
        source = release_id or _to_take_away(state)
        if source is None:
            if state.production is None:
                raise ReleaseRefused("no release is in production, so there is none to roll back.")
            return Moved(
                state.production,
                f"{state.production} is in production since the last rollback; nothing was done. "
                f"To go further back: `plumb release rollback --from {state.production}`.",
                changed=False,
            )
        if source not in state.serving:
            if source in state.ended or source in state.created:
                return Moved(
                    state.production,
                    f"{source} does not serve; {state.production or 'nothing'} is in production. "
                    "Nothing was done.",
                    changed=False,
                )
            self._history.get(source)  # says that there is no such release
        resumed = state.moving
        if resumed is not None and resumed.action == "rolling back":
            to = to or resumed.target
        target_id = to or state.before(source)
        target = self._target(state, source, target_id)
        self._check_target(target, state)
        release = self._history.get(source)
        self._hold(target, in_use=True)
        if resumed is None or (resumed.action, resumed.release, resumed.target) != (
            "rolling back",
            source,
            target.id,
        ):
            self._begin("rolling back", release, remark, target.id)
        self._parts.on_part("begin", 0.0)
        others = {one for one in state.serving if one != target.id} | {source}
        self._parts.share({target.id: 100, **dict.fromkeys(sorted(others - {target.id}), 0)})
        why = f"rollback of {source}"
        # A promotion that had begun may move one more part meanwhile.
        for _ in range(MOST_PASSES):
            if self._parts.is_moved(target):
                break
            self._parts.publish(target, back=True, why=why)
            self._parts.move_aliases(target, by=remark.by, why=why)
        else:
            raise ReleaseRefused(
                f"index versions or aliases change while {source} is rolled back; stop what moves "
                "them, then run the same command again. Traffic is at "
                f"{target.id} already."
            )
        was_canary = source not in state.trail
        self._history.append(
            "withdrawn" if was_canary else "rolled back",
            release,
            remark,
            target=target.id,
        )
        self._parts.on_part("end", 0.0)
        self._mark_in_use()
        return Moved(target.id, f"{target.id} is in production; {source} no longer serves.")

    def retire(self, release: Release, remark: Remark = NO_REMARK) -> Moved:
        """End a release's hold on its index versions; it can no longer be promoted or gone back to.

        Raises:
            ReleaseRefused: it serves.
        """
        state = self.state()
        if release.id in state.serving:
            raise ReleaseRefused(f"{release.id} serves users now; roll it back first.")
        if release.id not in state.retired:
            self._history.append("retired", release, Remark(remark.by, remark.why))
        for name in release.sets:
            holds.remove_hold(self._records, name, release.id)
        return Moved(state.production, f"{release.id} is retired; its index versions may go.")

    @property
    def _records(self) -> Records:
        return self._parts.catalogue.store.records

    def _begin(
        self, action: str, release: Release, remark: Remark, target: str | None = None
    ) -> None:
        self._history.append(
            "promoting" if action == "promoting" else "rolling back",
            release,
            remark,
            target=target,
            still=lambda events: (
                self._check_nothing_moves(state_of(events), release)
                if action == "promoting"
                else None
            ),
        )

    def _target(self, state: ReleaseState, source: str, target_id: str | None) -> Release:
        if target_id is None:
            raise ReleaseRefused(
                f"{source} is the first release in production, so there is none to go back to; "
                "promote another release."
            )
        if target_id == source:
            raise ReleaseRefused(f"{source} cannot be rolled back to itself; name another release.")
        if target_id not in state.trail and target_id != state.production:
            raise ReleaseRefused(
                f"{target_id} is not among the releases that were in production: "
                f"{', '.join(state.trail) or 'none'}."
            )
        return self._history.get(target_id)

    def _check_target(self, target: Release, state: ReleaseState) -> None:
        try:
            self._parts.check(target)
        except ReleaseRefused as error:
            older = state.trail[: state.trail.index(target.id)]
            hint = f" Or go further back with --to {older[-1]}." if older else ""
            raise ReleaseRefused(f"cannot go back: {error}{hint}") from error

    def _check_nothing_moves(self, state: ReleaseState, release: Release) -> None:
        moving = state.moving
        if moving is None or (moving.action == "promoting" and moving.release == release.id):
            return
        again = (
            f"`plumb release promote {moving.release}`"
            if moving.action == "promoting"
            else f"`plumb release rollback --from {moving.release}`"
        )
        raise ReleaseRefused(
            f"{moving.action} {moving.release} began at {moving.at:%Y-%m-%d %H:%M:%S} UTC by "
            f"{moving.by} and has not ended; wait for it, or finish it with {again}."
        )

    def _check_not_superseded(self, release: Release) -> None:
        _check_mine(self._history.events(), release)

    def _hold(self, release: Release, *, in_use: bool) -> None:
        for name, released in release.sets.items():
            info = self._parts.catalogue.find(name, released.index_version)
            holds.add_hold(self._parts.catalogue, self._records, info, release.id)
            holds.mark(self._records, name, release.id, in_use=in_use)

    def _mark_in_use(self) -> None:
        """Mark the holds of releases that serve, and of no others."""
        state = self.state()
        for name in self._parts.catalogue.all_names():
            for one in holds.holds_of(self._records, name):
                holds.mark(self._records, name, one.holder, in_use=one.holder in state.serving)

    def _retire_old(self) -> None:
        """End the holds of releases that are no longer among the last ones."""
        state = self.state()
        kept = {*state.trail[-self._keep :], *state.created[-self._keep :], *state.serving}
        for old in state.created:
            if old not in kept and old not in state.retired:
                self.retire(self._history.get(old), Remark(why="older than releases.keep"))


def _to_take_away(state: ReleaseState) -> str | None:
    if state.moving is not None:
        return state.moving.release
    if state.canary is not None:
        return state.canary
    last = state.last_move
    if last is not None and last.action in ("rolled back", "withdrawn"):
        return None
    return state.production


def _check_canary(state: ReleaseState, release: Release) -> None:
    if state.canary not in (None, release.id):
        raise ReleaseRefused(
            f"{state.canary} is the canary now; promote it, or end it with `plumb release "
            f"rollback --from {state.canary}`, before {release.id} gets traffic."
        )


def _check_mine(events: list[Event], release: Release) -> None:
    moving = state_of(events).moving
    if moving is None or (moving.action, moving.release) != ("promoting", release.id):
        raise ReleaseRefused(
            f"the promotion of {release.id} was stopped by a rollback; nothing more was moved."
        )
