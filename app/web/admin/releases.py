"""Releases: which serves users, what happened to each, and what it pins."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from app.api.dependencies import PartsDep
from app.errors import InvalidRelease, UnknownRelease
from app.releases.history import ReleaseHistory
from app.releases.release import Release
from app.releases.state import ReleaseState, state_of
from app.web.admin.layout import AdminPage, Crumb, admin_page
from app.web.pages import pages_of

router = APIRouter(prefix="/admin/releases", include_in_schema=False, route_class=AdminPage)
SECTION = "releases"
MOST_EVENTS = 200
MOST_RELEASES = 50


@router.get("")
def releases(request: Request, parts: PartsDep) -> Response:
    """The traffic now, the releases, and their events."""
    history = ReleaseHistory(parts.catalogue.store.records)
    events = history.events()
    state = state_of(events)
    newest = list(reversed(state.created))[:MOST_RELEASES]
    return admin_page(
        request,
        "admin/releases.html",
        SECTION,
        state=state,
        shares=_shares(state),
        releases=[(name, _release(history, name)) for name in newest],
        further=len(state.created) - len(newest),
        events=events[::-1][:MOST_EVENTS],
        pins=parts.settings.release,
    )


@router.get("/{release_id}")
def release(request: Request, release_id: str, parts: PartsDep) -> Response:
    """What a release pins, why it might be made, and what happened to it."""
    history = ReleaseHistory(parts.catalogue.store.records)
    found = history.get(release_id)
    events = history.events()
    return admin_page(
        request,
        "admin/release.html",
        SECTION,
        crumbs=[Crumb(pages_of(request).texts("admin.nav.releases"), "/admin/releases")],
        release=found,
        events=[event for event in events[::-1] if found.id in (event.release, event.target)],
        share=dict(_shares(state_of(events))).get(found.id),
    )


def _shares(state: ReleaseState) -> list[tuple[str, int]]:
    """Release and its per cent of the traffic, as the history has it."""
    if state.canary is None:
        return [] if state.production is None else [(state.production, 100)]
    rest = [] if state.production is None else [(state.production, 100 - state.share)]
    return [*rest, (state.canary, state.share)]


def _release(history: ReleaseHistory, name: str) -> Release | None:
    """A release of the list; None where its record cannot be read."""
    try:
        return history.get(name)
    except (InvalidRelease, UnknownRelease):
        return None
