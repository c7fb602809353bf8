"""Remove what is no longer needed: old versions, and what broken-off runs left behind.

The caller holds the set's lease.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ingestion.index.protocol import SetInfo
from ingestion.versions import numbered, unfinished
from ingestion.versions.catalogue import Catalogue, version_key
from ingestion.versions.holds import Hold, break_holds, holds_of
from ingestion.versions.live_version import Publications
from ingestion.versions.vectors_by_text import forget_unused, forget_with_version

# A reader notices a publication within about a second, and an answer takes less than this.
GRACE_S = 120.0


def collect(
    catalogue: Catalogue,
    name: str,
    keep: int,
    *,
    grace_s: float = GRACE_S,
    candidates: bool = False,
    abandoned: bool = False,
) -> list[SetInfo]:
    """Remove old versions of a set with all that belongs to them; returns what was removed.

    What stays: the live version; of those that were live, the `keep - 1` last ones; whatever was
    live within the last `grace_s` seconds, since readers may still be at it; candidates newer
    than the live version; and every version that is held, for example by a release.

    Args:
        keep: how many versions that were live to keep, the live one counted.
        grace_s: see above; 0 where no reader is left, or none may be.
        candidates: remove candidates too.
        abandoned: remove an unfinished version too, though a sync could go on with it.
    """
    records = catalogue.store.records
    versions = catalogue.versions(name)
    publications = catalogue.publications(name)
    kept = _versions_to_keep(versions, publications, keep, grace_s, candidates)
    kept |= {one.number for one in holds_of(records, name)}
    gone = [info for info in versions if info.number not in kept]
    for info in gone:
        stay = [other for other in versions if other.number in kept]
        forget_with_version(catalogue, info, stay)
        # First the description: a version without one is no version, whatever is left of it.
        records.delete(version_key(name, info.number))
    staged = unfinished.read(records, name)
    if staged is not None and abandoned:
        unfinished.forget(records, name, staged.number)
        staged = None
    building = {staged.number} if staged else set()
    numbered.keep_only(records, "journal", name, building)
    numbered.keep_only(records, "manifests", name, kept | building)
    if staged is None:  # else the place where it is being built is among them
        still = [info for info in versions if info.number in kept]
        needed = {info.place for info in still}
        places = [place for place in catalogue.store.places(name) if place not in needed]
        catalogue.store.remove(name, places, still)
    return gone


def break_unneeded_holds(
    catalogue: Catalogue, name: str, keep: int, *, grace_s: float, candidates: bool = False
) -> list[Hold]:
    """End the holds on versions that `collect` would remove if nothing held them.

    For a document that must leave every version. Returns the holds that ended: their holders can
    no longer have the version.

    Raises:
        VersionInUse: answers come from one of these versions; no hold was ended.
    """
    versions, publications = catalogue.versions(name), catalogue.publications(name)
    kept = _versions_to_keep(versions, publications, keep, grace_s, candidates)
    return break_holds(catalogue.store.records, name, kept)


def purge(catalogue: Catalogue, name: str) -> list[SetInfo]:
    """Rewrite every version that is kept, so that no file holds what was deleted before it.

    Vectors of texts that no kept version holds go too.

    Returns the versions that were rewritten, as they now are. Readers that opened a version
    before go on for as long as its old files are there: `collect` removes them.
    """
    rewritten = []
    for info in catalogue.versions(name):
        place = catalogue.store.rewrite(info)
        if place is not None:
            moved = info.model_copy(update={"place": place})
            catalogue.store.records.put(version_key(name, info.number), moved.model_dump_json())
            rewritten.append(moved)
    forget_unused(catalogue, name)
    return rewritten


def _versions_to_keep(
    versions: list[SetInfo],
    publications: Publications,
    keep: int,
    grace_s: float,
    candidates: bool,
) -> set[int]:
    live = publications.live
    were_live = publications.trail[-max(1, keep) :] if live else []
    kept = set(were_live)
    until = datetime.now(UTC) - timedelta(seconds=grace_s)
    # A version stopped being live when the next move was made.
    for move, following in zip(publications.log, publications.log[1:], strict=False):
        if grace_s > 0 and following.at > until:
            kept.add(move.number)
    once_live = {move.number for move in publications.log}
    if not candidates:
        kept |= {
            info.number
            for info in versions
            if info.number not in once_live and (live is None or info.number > live.number)
        }
    return kept
