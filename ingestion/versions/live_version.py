"""Which version of a set is live, and which were before it: one record, replaced in one step."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ingestion.errors import PublishRefused
from ingestion.index.records import Records, read_record

MOST_KEPT = 1000


class Publication(BaseModel):
    """One move of what readers see.

    Attributes:
        number: the version that went live.
        version: its name.
        action: whether it went on top of the one before, or back to an earlier one.
        at: when, in UTC.
        by: who did it.
        why: a remark.
    """

    model_config = ConfigDict(frozen=True)

    number: int
    version: str
    action: Literal["publish", "rollback"]
    at: datetime
    by: str
    why: str = ""


class Publications(BaseModel):
    """All moves of one set, oldest first; the last one says what is live."""

    model_config = ConfigDict(frozen=True)

    log: tuple[Publication, ...] = ()

    @property
    def live(self) -> Publication | None:
        """The last move; None if nothing was ever published."""
        return self.log[-1] if self.log else None

    @property
    def trail(self) -> list[int]:
        """Numbers of the versions that rollbacks lead through, the live one last."""
        trail: list[int] = []
        for move in self.log:
            if move.action == "rollback" and move.number in trail:
                trail = trail[: trail.index(move.number)]
            trail = [number for number in trail if number != move.number]
            trail.append(move.number)
        return trail


def read(records: Records, name: str) -> Publications:
    """The moves of a set so far; none if it has none."""
    return read_record(Publications, records, f"published/{name}") or Publications()


def append(
    records: Records,
    name: str,
    *,
    number: int,
    version: str,
    action: Literal["publish", "rollback"],
    by: str,
    why: str = "",
    expected: int | Literal["any"] | None = "any",
) -> Publication:
    """Make a version live: the one step that readers notice.

    Args:
        expected: number of the version that must be live (None: none must be), else the move is
            refused; `any` for no such condition.

    Raises:
        PublishRefused: another version went live meanwhile.
    """
    key = f"published/{name}"
    move = Publication(
        number=number, version=version, action=action, at=datetime.now(UTC), by=by, why=why
    )
    while True:
        before = records.get(key)
        known = Publications.model_validate_json(before) if before else Publications()
        live = known.live.number if known.live else None
        if expected not in ("any", live):
            now = known.live.version if known.live else "none"
            raise PublishRefused(
                f"document set {name!r}: version {version} is not published, since what is live "
                f"changed to {now} while it was made; look at both, then "
                f"`plumb index publish --set {name} {version}`."
            )
        after = Publications(log=(*known.log, move)[-MOST_KEPT:]).model_dump_json()
        if before is None:
            if records.create(key, after):
                return move
        elif records.replace(key, before, after):
            return move
