"""Releases and what happened to them: kept in the index's records, chained by hash.

Every process that shares the index shares the history. Layout of the records:

    releases/rel-0123456789ab        a release, as its file holds it
    release-events/00000001          an event; names the hash of the event before it
    release-head/head                the last event's number and hash, so that cutting off events shows
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from app.errors import HistoryEdited, InvalidRelease, UnknownRelease
from app.releases.release import RELEASE_ID, Release, parse_release
from ingestion.index.records import Records
from prompts.moves.user import current_user

Action = Literal[
    "created",
    "canary",
    "promoting",
    "promoted",
    "rolling back",
    "rolled back",
    "withdrawn",
    "retired",
]
RELEASES, EVENTS, HEAD = "releases", "release-events", "release-head/head"


@dataclass(frozen=True, slots=True)
class Remark:
    """What the operator says of what they do.

    Attributes:
        by: who they are; None: the current user.
        why: their reason.
        approver: who approved it.
    """

    by: str | None = None
    why: str = ""
    approver: str | None = None


NO_REMARK = Remark()


class Event(BaseModel):
    """Something that happened to a release.

    Attributes:
        number: counts from 1 without a gap.
        at: when, UTC.
        by: who did it: `user@host`, or what they were named.
        action: what happened. `promoting` and `rolling back` say that the parts began to move;
            `promoted` and `rolled back`, that all have moved. `withdrawn`: a canary ended without a
            promotion.
        release: its id.
        release_hash: its hash.
        share: of a canary: per cent of the traffic.
        target: of a rollback: the release that serves instead.
        approver: who approved a promotion.
        why: a remark; of an override, the reason.
        override: whether a check was overridden.
        previous: hash of the event before; None for the first.
        hash: SHA-256 (hex) of all the above.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    at: datetime
    by: str
    action: Action
    release: str
    release_hash: str
    share: int | None = None
    target: str | None = None
    approver: str | None = None
    why: str = ""
    override: bool = False
    previous: str | None
    hash: str = ""

    def sealed(self) -> Event:
        """The event with its hash."""
        content = self.model_dump(mode="json", exclude={"hash"})
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return self.model_copy(update={"hash": hashlib.sha256(text.encode()).hexdigest()})


class _Head(BaseModel):
    number: int
    hash: str


class _CameFirst(Exception):
    """Another release was made meanwhile."""


class ReleaseHistory:
    """The releases of an index and their events. Safe to share between threads and processes."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def ids(self) -> list[str]:
        created = [event.release for event in self.events() if event.action == "created"]
        return list(dict.fromkeys(created))

    def get(self, release_id: str) -> Release:
        """A release.

        Raises:
            UnknownRelease: no such id; the message names the latest ones.
            InvalidRelease: its record was edited.
        """
        text = self._records.get(f"{RELEASES}/{release_id}") if _is_id(release_id) else None
        if text is None:
            latest = ", ".join(reversed(self.ids()[-3:])) or "none yet"
            raise UnknownRelease(
                f"no release {release_id[:80]!r} in this index; the latest: {latest}. "
                "`plumb release history` lists them all."
            )
        release = parse_release(text, f"the index's record of {release_id}")
        if release.id != release_id:
            raise InvalidRelease(f"the index's record of {release_id} holds {release.id}.")
        return release

    def add(self, release: Release) -> bool:
        """Keep a release as the newest one; False, and nothing is kept, if another came first."""
        self._records.create(f"{RELEASES}/{release.id}", release.text())

        def follows(events: list[Event]) -> None:
            created = [event.release_hash for event in events if event.action == "created"]
            if (created[-1] if created else None) != release.previous:
                raise _CameFirst

        try:
            self.append(
                "created",
                release,
                Remark(release.by, release.why, release.approver),
                override=release.override is not None,
                still=follows,
            )
        except _CameFirst:
            self._records.delete(f"{RELEASES}/{release.id}")
            return False
        return True

    def events(self) -> list[Event]:
        """All events, oldest first, their chain verified.

        Raises:
            HistoryEdited: an event was edited, removed or put in; the message names it.
        """
        # Read before the events: another process may write one meanwhile, and the head after it.
        head = self._records.get(HEAD)
        events: list[Event] = []
        for name in self._records.names(EVENTS):
            text = self._records.get(f"{EVENTS}/{name}") or ""
            try:
                event = Event.model_validate_json(text)
            except ValidationError as error:
                raise HistoryEdited(_edited(name, "cannot be read as an event")) from error
            before = events[-1] if events else None
            if event.number != len(events) + 1 or int(name) != event.number:
                raise HistoryEdited(_edited(name, f"event {len(events) + 1} is missing before it"))
            if event.sealed().hash != event.hash:
                raise HistoryEdited(_edited(name, "its content is not what its hash says"))
            if event.previous != (before.hash if before else None):
                raise HistoryEdited(_edited(name, "it does not follow the event before it"))
            events.append(event)
        _check_head(head, events)
        return events

    def append(
        self,
        action: Action,
        release: Release,
        remark: Remark = NO_REMARK,
        *,
        share: int | None = None,
        target: str | None = None,
        override: bool = False,
        still: Callable[[list[Event]], None] = lambda _: None,
    ) -> Event:
        """Write an event down for good.

        Args:
            still: called with the events so far, before each attempt to write; raises where the
                event must not follow these.

        Raises:
            HistoryEdited: see `events`.
            What `still` raises.
        """
        while True:
            events = self.events()
            still(events)
            event = Event(
                number=len(events) + 1,
                at=datetime.now(UTC),
                by=remark.by or current_user(),
                action=action,
                release=release.id,
                release_hash=release.hash,
                share=share,
                target=target,
                approver=remark.approver,
                why=remark.why,
                override=override,
                previous=events[-1].hash if events else None,
            ).sealed()
            # Another process may have written this number meanwhile.
            if self._records.create(f"{EVENTS}/{event.number:08d}", event.model_dump_json()):
                self._move_head(event)
                return event

    def verify(self) -> int:
        """Check the chain, and every release that it names; how many events there are.

        Raises:
            HistoryEdited, InvalidRelease, UnknownRelease: something is not what was written.
        """
        events = self.events()
        releases = {event.release: event for event in events if event.action == "created"}
        before: str | None = None
        for release_id, event in releases.items():
            release = self.get(release_id)
            if release.hash != event.release_hash:
                raise HistoryEdited(
                    f"the index's record of {release_id} is not what event {event.number} names."
                )
            if release.previous != before:
                raise HistoryEdited(f"{release_id} does not follow the release created before it.")
            before = release.hash
        for event in events:
            if event.release not in releases:
                raise HistoryEdited(
                    f"event {event.number} names {event.release}, which was never created."
                )
        return len(events)

    def _move_head(self, event: Event) -> None:
        after = _Head(number=event.number, hash=event.hash).model_dump_json()
        while True:
            before = self._records.get(HEAD)
            if before is None:
                moved = self._records.create(HEAD, after)
            elif _Head.model_validate_json(before).number >= event.number:
                return
            else:
                moved = self._records.replace(HEAD, before, after)
            if moved:
                return


def _check_head(text: str | None, events: list[Event]) -> None:
    if text is None:
        return
    head = _Head.model_validate_json(text)
    # A process that dies between an event and the head leaves the head behind, never ahead.
    if head.number > len(events) or events[head.number - 1].hash != head.hash:
        raise HistoryEdited(
            f"the history of releases ends at event {len(events)}, but {head.number} were "
            f"written, the last with hash {head.hash[:12]}…; restore the index's records."
        )


def _edited(name: str, what: str) -> str:
    return (
        f"the history of releases was changed: event {name}: {what}. Restore the index's records "
        "from a backup, or compare them with the pipeline's artifacts."
    )


def _is_id(text: str) -> bool:
    return RELEASE_ID.fullmatch(text) is not None
