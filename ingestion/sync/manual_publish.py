"""Publish a candidate by hand, under the same rule as a sync does."""

from __future__ import annotations

from ingestion.errors import PublishRefused
from ingestion.index.protocol import SetInfo
from ingestion.sources.definitions import Checks
from ingestion.sync.publish_checks import refusal
from ingestion.sync.run import live_version
from ingestion.sync.start import stored_definition
from ingestion.versions.catalogue import Catalogue
from ingestion.versions.comparing import compare
from ingestion.versions.live_version import Publication


def publish_version(
    catalogue: Catalogue,
    info: SetInfo,
    *,
    force: bool = False,
    by: str | None = None,
    why: str = "",
) -> Publication:
    """Make a version live.

    Raises:
        PublishRefused: it would drop more documents than the set's definition allows.
    """
    live = live_version(catalogue, info.name)
    if live is not None and live.number == info.number:
        raise PublishRefused(f"document set {info.name!r}: version {info.version} is live already.")
    if live is not None and not force:
        stored = stored_definition(catalogue.store.records, info.name)
        checks = stored.definition.checks if stored else Checks()
        removed = len(compare(catalogue, live, info).removed)
        refused = refusal(checks, removed, live.documents)
        if refused:
            raise PublishRefused(f"document set {info.name!r}: {refused}.")
    return catalogue.publish(info, by=by, why=why, expected=live.number if live else None)
