"""The seam of trackers: one verb."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from evals.tracking.entry import Entry


@dataclass(frozen=True, slots=True)
class Logged:
    """What became of an entry.

    Attributes:
        where: the run: a folder, a URL, or nothing where no tracker is wanted.
        sent: whether it has left for the tracker's server, where the tracker has one.
        told: what people should know, in a sentence; empty for nothing.
    """

    where: str
    sent: bool
    told: str = ""


class Tracker(Protocol):
    """Keeps entries where people look at runs."""

    def log(self, entry: Entry) -> Logged:
        """Keep an entry; an entry that it has already is not kept twice.

        What cannot be sent within the settings' bound stays on disk, and `Logged.told` says how to
        send it.

        Raises:
            TrackerError: it can be kept nowhere.
        """
