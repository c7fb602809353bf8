"""Publish a candidate by hand, under the same rule as a sync does."""

from __future__ import annotations

from typing import NamedTuple

from ingestion.errors import PublishRefused
from ingestion.index.protocol import SetInfo
from ingestion.sources.definitions import Checks
from ingestion.sync.publish_checks import refusal
from ingestion.sync.run import live_version
from ingestion.sync.start import stored_definition
from ingestion.versions.catalogue import Catalogue
from ingestion.versions.comparing import VersionDiff, compare
from ingestion.versions.live_version import Publication


class Preview(NamedTuple):
    """What publishing a version would do.

    Attributes:
        live: the version that is live now; None: none is.
        diff: what readers would see change; None where nothing is live yet.
        refused: why it takes `force`; empty if it does not.
    """

    live: SetInfo | None
    diff: VersionDiff | None
    refused: str


def preview(catalogue: Catalogue, info: SetInfo) -> Preview:
    """What publishing a version would do now, without doing it."""
    live = live_version(catalogue, info.name)
    if live is None or live.number == info.number:
        return Preview(live, None, "")
    diff = compare(catalogue, live, info)
    stored = stored_definition(catalogue.store.records, info.name)
    checks = stored.definition.checks if stored else Checks()
    return Preview(live, diff, refusal(checks, len(diff.removed), live.documents))


def publish_version(
    catalogue: Catalogue,
    info: SetInfo,
    *,
    force: bool = False,
    by: str | None = None,
    why: str = "",
    live: str | None = None,
) -> Publication:
    """Make a version live.

    Args:
        force: publish though many documents would go.
        live: name of the version that must be live still; None: no such condition.

    Raises:
        PublishRefused: it would drop more documents than the set's definition allows, or another
            version is live.
    """
    found = preview(catalogue, info)
    now = found.live
    if now is not None and now.number == info.number:
        raise PublishRefused(f"document set {info.name!r}: version {info.version} is live already.")
    catalogue.require_live(info.name, now, live)
    if found.refused and not force:
        raise PublishRefused(f"document set {info.name!r}: {found.refused}.")
    return catalogue.publish(info, by=by, why=why, expected=now.number if now else None)
