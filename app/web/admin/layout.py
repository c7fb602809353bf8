"""What all pages of administration share: roles, the side navigation, times in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from fastapi import Request
from fastapi.responses import HTMLResponse

from app.api.callers import AdmittedFirst, guard_of, identified
from app.callers import Caller
from app.web.pages import PageRoute, pages_of

# The key of a section's name in the texts, and where it begins.
SECTIONS = (
    ("overview", "/admin"),
    ("document_sets", "/admin/document-sets"),
    ("jobs", "/admin/jobs"),
    ("prompts", "/admin/prompts"),
    ("evaluations", "/admin/evaluations"),
    ("releases", "/admin/releases"),
    ("answers", "/admin/answers"),
    ("figures", "/admin/figures"),
)
# Bounds in seconds, the unit's text, its length in seconds.
AGES = (
    (3_600, "minutes", 60),
    (86_400, "hours", 3_600),
    (86_400 * 60, "days", 86_400),
    (86_400 * 730, "months", 86_400 * 30),
)


class AdminPage(PageRoute, AdmittedFirst):
    """A page for editors and admins; its errors are pages."""


class AdminPiece(AdmittedFirst):
    """A piece of a page for editors and admins, which scripts ask for; its errors are problem details."""


class AdminMove(AdmittedFirst):
    """A change that admins make; its errors are problem details."""

    role = "admin"


class Crumb(NamedTuple):
    """A page above the one that is shown: its name and its address."""

    name: str
    address: str


def admin_page(
    request: Request,
    template: str,
    section: str,
    *,
    crumbs: Sequence[Crumb] = (),
    **values: Any,
) -> HTMLResponse:
    """A page of administration, or a piece of one.

    Templates have, beside `values` and what every page has: `sections`, `section`, `crumbs`,
    `ago(moment)`, and `sees_all`, whether the caller may read what names any document.
    """
    pages = pages_of(request)

    def spell(seconds: float) -> str:
        """How long, in the largest unit that fits."""
        if seconds < 60:
            return pages.texts("admin.age.now")
        for bound, unit, length in AGES:
            if seconds < bound:
                return pages.texts.plural(f"admin.age.{unit}", int(seconds // length))
        return pages.texts.plural("admin.age.years", int(seconds // (86_400 * 365)))

    def ago(moment: datetime) -> str:
        """How long ago, in words."""
        seconds = (datetime.now(UTC) - moment).total_seconds()
        said = spell(max(0.0, seconds))
        return said if seconds < 60 else pages.texts("admin.age.ago", age=said)

    return pages.render(
        request,
        template,
        sections=[(name, pages.texts(f"admin.nav.{name}"), where) for name, where in SECTIONS],
        section=section,
        crumbs=crumbs,
        ago=ago,
        sees_all=sees_all(identified(request)),
        **values,
    )


def sees_all(caller: Caller) -> bool:
    """Whether a caller may read what names any document; remarks of others may."""
    return caller.groups is None


def require_all(request: Request, caller: Caller, why: str) -> None:
    """Let callers pass who see all documents.

    Raises:
        AccessDenied: it is somebody who is bound to groups; the message is `why`.
    """
    if not sees_all(caller):
        raise guard_of(request).refusal(caller, f"{request.method} {request.url.path}", why)
